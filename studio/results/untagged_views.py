"""Views of samples as runs of version 0.1.0 wrote them: annotations without a kind, spans among the marks of texts.

They stand in `predictions/*_samples.parquet`, `insights/*.json` and the results of scans, and stay readable.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SIDES = ("truth", "prediction")
MATCHES = {"wrong": "wrong_class", "missed": "false_negative", "invented": "false_positive"}
ANSWER_MATCHES = MATCHES | {"wrong": "false_positive"}
"""Answers to a question have no class."""
TEXT_NAMES = {"truth": "Reference", "prediction": "Prediction"}
"""What the texts of a generation were called among those of the sample."""

View = Mapping[str, Any]


def tagged(view: View) -> View:
    """The view in today's form; given back as it is if it has that form already."""
    if not _is_untagged(view):
        return view
    texts = view.get("texts") or ()
    kind = _kind(view, texts)
    changed = {name: value for name, value in view.items() if name != "neighbours"}
    for side in SIDES:
        old = view.get(side)
        if old is not None or any(_spans(texts, side, MATCHES)):
            changed[side] = _annotation(kind, side, old or {}, texts)
    if view.get("neighbours"):
        changed["prediction"] = {"kind": "neighbours", "neighbours": view["neighbours"]}
    written = TEXT_NAMES.values() if kind == "text" else ()
    changed["texts"] = [_with_marks_alone(block) for block in texts if block["name"] not in written]
    return changed


def _is_untagged(view: View) -> bool:
    sides = (view.get(side) for side in SIDES)
    return "neighbours" in view or any(isinstance(side, Mapping) and "kind" not in side for side in sides)


def _kind(view: View, texts: Sequence[View]) -> str:
    """The kind of both sides together, since one of them may be empty."""
    sides = [view[side] for side in SIDES if view.get(side) is not None]
    filled = {part for side in sides for part in ("boxes", "values", "labels") if side.get(part)}
    if any(side.get("text") is not None for side in sides):
        # An answer stands in the second of two texts; a text to write has a source alone.
        return "spans" if len(texts) > 1 else "text"
    if TEXT_NAMES["prediction"] in [block["name"] for block in texts[1:]]:
        return "text"
    if any(any(_spans(texts, side, MATCHES)) for side in SIDES):
        return "spans"
    return next(iter(filled), "boxes" if view.get("media") is not None else "spans")


def _annotation(kind: str, side: str, old: View, texts: Sequence[View]) -> dict[str, Any]:
    if kind == "spans":
        answer = old.get("text")
        matches = MATCHES if answer is None else ANSWER_MATCHES
        return {"kind": kind, "spans": list(_spans(texts, side, matches)), "answer": answer}
    if kind == "text":
        block = next((one for one in texts if one["name"] == TEXT_NAMES[side]), {"text": old.get("text") or ""})
        return {"kind": kind, "text": block["text"], "marks": _with_marks_alone(block).get("marks", ())}
    if kind == "boxes":
        return {"kind": kind, "boxes": [_with_match(box, MATCHES) for box in old.get("boxes") or ()]}
    return {"kind": kind, kind: old.get(kind) or ({} if kind == "values" else [])}


def _spans(texts: Sequence[View], side: str, matches: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The marks of texts that were true or predicted stretches."""
    for place, block in enumerate(texts):
        for mark in block.get("marks") or ():
            if mark.get("role", "truth") == side:
                yield {"block": place, **_with_match({k: v for k, v in mark.items() if k != "role"}, matches)}


def _with_match(one: View, matches: Mapping[str, str]) -> dict[str, Any]:
    match = str(one.get("match") or "")
    return {**one, "match": matches.get(match, match) or None}


def _with_marks_alone(block: View) -> dict[str, Any]:
    """A text without its true and predicted stretches."""
    marks = [
        {name: mark.get(name) for name in ("start", "end", "role", "score")}
        for mark in block.get("marks") or ()
        if mark.get("role", "truth") not in SIDES
    ]
    return {**block, "marks": marks}
