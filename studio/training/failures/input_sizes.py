"""What is said of the size of a run's inputs, in the words of its medium; a run without one reads texts."""

from collections.abc import Iterator
from typing import Any

from studio.datasets.media.reader import MediaReader
from studio.datasets.media.registry import media_reader
from studio.runs.spec import RunSpec


def smaller_inputs(spec: RunSpec) -> str:
    """What needs less memory and time."""
    reader = _reader(spec)
    return reader.smaller if reader else "a lower Max length"


def larger_inputs(spec: RunSpec) -> str:
    """What gives a model more to see."""
    reader = _reader(spec)
    return reader.larger if reader else "longer texts"


def input_words(spec: RunSpec) -> Iterator[str]:
    """How large the inputs are that a model reads, as far as its settings say."""
    reader = _reader(spec)
    if reader is not None and (said := reader.said(spec.settings)):
        yield said
    if length := spec.settings.get("tokenizer", {}).get("max_length"):
        yield f"texts of up to {length} tokens"


def _reader(spec: RunSpec) -> MediaReader[Any] | None:
    from studio.problems.registry import problem_types

    kind = problem_types().get(spec.problem_type)
    return media_reader(kind.medium) if kind is not None and kind.medium is not None else None
