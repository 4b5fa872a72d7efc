"""MarkedText: a text, the stretches that somebody marked in it, and whether that counts.

doccano        {"text": "...", "label": [[0, 5, "PER"]]}; {"text": "...", "entities": [{"start_offset": 0, ...}]}
spaCy          {"text": "...", "entities": [[0, 5, "PER"]]}; ["...", {"entities": [[0, 5, "PER"]]}]
Prodigy        {"text": "...", "spans": [{"start": 0, "end": 5, "label": "PER"}], "answer": "accept"}
Label Studio   {"data": {"text": "..."}, "annotations": [{"result": [{"value": {"start": 0, "end": 5, ...}}]}]};
               {"text": "...", "label": [{"start": 0, "end": 5, "text": "...", "labels": ["PER"]}], "annotation_id": 1}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from studio.json_text import parse_json
from studio.on_demand import np

TEXT_KEYS = ("text", "data.text", "data", "content", "sentence", "raw", "document")
SPAN_KEYS = ("spans", "entities", "label", "labels", "annotations", "ner", "tags")
_STARTS = ("start", "start_offset", "startOffset", "begin")
_ENDS = ("end", "end_offset", "endOffset", "stop")
_LABELS = ("label", "labels", "tag", "type", "entity", "entity_group", "entity_type", "category", "class")
_MARKED = ("text", "word", "quote")
_DECISIONS = ("answer", "was_cancelled")
"""Where Prodigy and Label Studio say what a person decided about a row."""
_IDENTITY = "annotation_id"
ACCEPTED = "accept"
"""Where Prodigy says which of several choices were taken."""
KEYS = frozenset((*TEXT_KEYS, *SPAN_KEYS, *_DECISIONS, _IDENTITY, ACCEPTED))
"""Everything that is looked at in a row of a table."""
REJECTED = ("reject", "rejected", "ignore", "skip", "skipped", "true")
State = Literal["annotated", "rejected", "unannotated"]


class Span(NamedTuple):
    """A marked stretch; `end` lies behind the last character."""

    start: int
    end: int
    label: str
    marked: str | None = None
    """The words that were marked, where the tool writes them as well."""


class MarkedText(NamedTuple):
    """A text with its spans."""

    text: str
    spans: tuple[Span, ...]
    state: State = "annotated"
    annotations: int = 1
    """How many people annotated it; the first counts."""


def marked_text(record: Any) -> MarkedText | None:
    """What a row or an entry of an export says; None if it holds no text with spans."""
    if isinstance(record, list) and len(record) == 2 and isinstance(record[1], dict):
        record = {"text": record[0], **record[1]}
    if not isinstance(record, Mapping):
        return None
    text = text_of(record)
    if text is None:
        return None
    if is_task(record):
        return _of_task(text, record)
    key = next((key for key in SPAN_KEYS if spans_of(record.get(key)) is not None), None)
    decision = decision_of(record)
    if decision is not None and decision in REJECTED:
        return MarkedText(text, (), "rejected")
    if key is None:
        if not all(is_missing(record.get(key)) for key in SPAN_KEYS):
            return None
        # Tools leave out the key of a text in which somebody found nothing; what nobody looked at has no decision.
        is_seen = decision is not None or not is_missing(record.get(_IDENTITY))
        return MarkedText(text, (), "annotated" if is_seen else "unannotated")
    return MarkedText(text, tuple(spans_of(record[key]) or ()))


def is_task(record: Mapping[str, Any]) -> bool:
    """Whether a record is a task of Label Studio, with annotations that have results."""
    annotations = record.get("annotations")
    return isinstance(record.get("data"), dict) and isinstance(annotations, list) and all(
        isinstance(one, dict) and "result" in one for one in annotations
    )  # fmt: skip


def text_of(record: Mapping[str, Any]) -> str | None:
    """The text of a record: what is called so, else its longest."""
    data = record.get("data")
    values = data if isinstance(data, dict) else record
    named = next((values[key] for key in TEXT_KEYS if isinstance(values.get(key), str)), None)
    if named is not None or values is record:
        return named
    return max((value for value in values.values() if isinstance(value, str)), key=len, default=None)


def spans_of(cell: Any) -> list[Span] | None:
    """The spans of a cell: a list in which everything is a span, or such a list as JSON; None if it is none."""
    if isinstance(cell, str) and cell[:1] == "[":
        try:
            cell = parse_json(cell)
        except ValueError:
            return None
    if not isinstance(cell, list):
        return None
    found = [span for one in cell for span in _spans(one)]
    return found if all(any(True for _ in _spans(one)) for one in cell) else None


def _of_task(text: str, task: Mapping[str, Any]) -> MarkedText:
    kept = [one for one in task["annotations"] if not one.get("was_cancelled")]
    if not kept:
        return MarkedText(text, (), "rejected" if task["annotations"] else "unannotated")
    results = [one for one in kept[0]["result"] or () if isinstance(one, dict)]
    spans = [span for one in results for span in _spans({**one, **_values(one)})]
    return MarkedText(text, tuple(spans), annotations=len(kept))


def _values(result: Mapping[str, Any]) -> Mapping[str, Any]:
    value = result.get("value")
    return value if isinstance(value, dict) else {}


def _spans(value: Any) -> Iterator[Span]:
    """A span for each of its labels."""
    marked = None
    if isinstance(value, dict):
        found = _first(value, _MARKED)
        marked = found if isinstance(found, str) else None
        value = [_first(value, _STARTS), _first(value, _ENDS), _first(value, _LABELS)]
    if not isinstance(value, list | tuple | np.ndarray) or len(value) != 3:
        return
    start, end = _position(value[0]), _position(value[1])
    labels = list(value[2]) if isinstance(value[2], list | tuple | np.ndarray) else [value[2]]
    if start is None or end is None or not all(isinstance(label, str) and label.strip() for label in labels):
        return
    yield from (Span(start, end, label.strip(), marked) for label in labels)


def _first(value: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((value[key] for key in keys if value.get(key) is not None), None)


def _position(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | np.integer | np.floating):
        return None
    plain = str(value).removesuffix(".0")
    return int(plain) if plain.isdecimal() and len(plain) < 12 else None


def decision_of(record: Mapping[str, Any]) -> str | None:
    """What a person decided about a row, where that is said."""
    found = _first(record, _DECISIONS)
    return str(found).strip().lower() if isinstance(found, str | bool) else None


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or (isinstance(value, float) and value != value)
