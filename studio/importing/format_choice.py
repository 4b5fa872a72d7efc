"""Which format an upload has: what is recognised, with reasons, and what a person says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.datasets.importers.format import DatasetFormat, Recognition
from studio.datasets.importers.upload import Upload
from studio.errors import NotFoundError
from studio.problems.contract import ProblemType
from studio.problems.registry import problem_type, problem_types


@dataclass(frozen=True)
class FormatOffer:
    """A format that an upload may have, for a problem type."""

    kind: ProblemType
    format: DatasetFormat
    recognition: Recognition


def recognised_formats(upload: Upload, wanted: str) -> list[FormatOffer]:
    """What the upload looks like, the surest first; only of one problem type where that is chosen."""
    kinds = [problem_type(wanted)] if wanted else list(problem_types().values())
    asked = dict.fromkeys(format.recognise for kind in kinds for format in kind.dataset_formats)
    found = {recognise: recognise(upload) for recognise in asked}  # several problem types have the same formats
    offers = [
        FormatOffer(kind, format, recognition)
        for kind in kinds
        for format in kind.dataset_formats
        if (recognition := found[format.recognise]) is not None
    ]
    return sorted(offers, key=lambda offer: -offer.recognition.confidence)


def chosen_format(given: Mapping[str, Any], offers: Sequence[FormatOffer]) -> FormatOffer | None:
    """The format that a person has chosen; None where that is left open.

    Raises:
        NotFoundError: if the problem type, or any, has no such format.
    """
    id, wanted = str(given.get("format") or ""), str(given.get("problem_type") or "")
    if not id:
        return None
    offered = next((offer for offer in offers if offer.format.id == id), None)
    if offered is not None:
        return offered
    kinds = [problem_type(wanted)] if wanted else list(problem_types().values())
    for kind in kinds:
        for format in kind.dataset_formats:
            if format.id == id:
                return FormatOffer(kind, format, Recognition(0.0, ()))
    known = dict.fromkeys(format.id for kind in kinds for format in kind.dataset_formats)
    raise NotFoundError.among("data format", id, known)


def single_file_endings() -> tuple[str, ...]:
    """Endings of files that are a whole upload in some format."""
    formats = [format for kind in problem_types().values() for format in kind.dataset_formats]
    return tuple(dict.fromkeys(ending for format in formats for ending in format.endings))
