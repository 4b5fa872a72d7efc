"""How span prediction data is checked, profiled and shown."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.dataset import TableRole
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.texts.span_alignment import find_answer
from studio.datasets.texts.text_checks import as_text, base_table, check_texts, joined_texts
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_views import shown_spans, text_view
from studio.problems.text_span_prediction.answer_checks import (
    ANSWER,
    CONTEXT,
    CONTEXT_BLOCK,
    QUESTION,
    START,
    check_answers,
    has_answers,
)
from studio.results.sample_view import SampleView, SpanAnnotation, TextBlock, TextSpan
from studio.settings.finding import FindingLevel

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check questions, contexts and answers, and gather the facts of their lengths."""
    columns = [str(inspection.roles[name]) for name in (QUESTION, CONTEXT)]
    check_texts(inspection, columns)
    answered = [role for role in LABELED if has_answers(inspection.frames.get(role), inspection.roles)]
    for role in answered:
        check_answers(inspection, role)
    if "train" in answered:
        _refuse_without_answers(inspection)
    base = base_table(inspection, columns)
    parts = {"window": joined_texts(base, columns)} if base is not None else {}
    facts: dict[str, float] = {}
    if answered:
        answers = list(inspection.frames[answered[0]][str(inspection.roles[ANSWER])])
        parts["answer"] = [answer for answer in answers if answer]
        facts = {"questions_without_answer": float(len(answers) - len(parts["answer"]))}
    profile = text_profile(parts, {"window": "Question and context", "answer": "Answer"})
    return profile.model_copy(update={"task": "span", "facts": profile.facts | facts})


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """No row: answers are no classes."""
    return np.zeros(len(frame), dtype=bool)


def view_row(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
    """A question with its context, in which the true answer is marked."""
    question, context = (as_text(row.get(str(roles.get(name)))) or "" for name in (QUESTION, CONTEXT))
    answer = _first(row.get(str(roles.get(ANSWER))))
    start = _first(row.get(str(roles.get(START)))) if roles.get(START) else None
    spans: list[TextSpan] = []
    if answer and (place := find_answer(context, answer, int(start) if start else None)):
        spans = [TextSpan(block=CONTEXT_BLOCK, start=place.start, end=place.start + len(place.text))]
    blocks = [TextBlock(name="Question", text=question), TextBlock(name="Context", text=context)]
    has_truth = bool(roles.get(ANSWER)) and str(roles[ANSWER]) in row
    truth = SpanAnnotation(spans=shown_spans(spans), answer=answer or "") if has_truth else None
    return text_view(row, blocks, truth)


def _first(cell: Any) -> str | None:
    """The first of several answers or positions, as text."""
    if isinstance(cell, list | tuple | np.ndarray):
        return as_text(cell[0]) if len(cell) else None
    return as_text(cell)


def _refuse_without_answers(inspection: Inspection) -> None:
    column = str(inspection.roles[ANSWER])
    if not any(inspection.frames["train"][column]):
        inspection.note(
            "train",
            FindingLevel.ERROR,
            "no_answers",
            column,
            "No row of the train table has an answer that stands in its context.",
            "Choose the columns of context and answer.",
            found="0 answers",
            expected="at least 1 answer that stands in its context",
        )
