"""Span prediction: the stretch of a context that answers a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.importers.format import table_format
from studio.datasets.importers.squad import SQUAD
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.answer_checks import ANSWER, CONTEXT, CONTEXT_BLOCK, START, check_answers, has_answers
from studio.datasets.texts.span_alignment import find_answer
from studio.datasets.texts.text_checks import as_text
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_role_inference import question_columns
from studio.datasets.texts.text_views import shown_spans
from studio.on_demand import np
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.results.answers import ANSWER_METRICS, Panel
from studio.results.sample_view import SpanAnnotation, TextSpan
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding, FindingLevel
from studio.settings.schema import SettingsSchema
from studio.settings.sections.losses import TokenLossMixin
from studio.settings.sections.tasks.answers import AnswersMixin
from studio.settings.sections.text_checks import missing_column, percent, share_of_long
from studio.settings.value_checks import warning

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
CERTAIN = 0.95
TOP = {f"Top_{count}_Accuracy": count for count in range(2, 6)}
"""Metrics that look at several answers, and at how many."""


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """A column that is called answer, and one that says where answers start."""
    columns = question_columns(view)
    if columns is None:
        return None
    answers = f"{columns.answer} is called like answers"
    if columns.start is None:
        return FoundLabels({ANSWER: columns.answer}, CERTAIN, (answers,))
    reasons = (answers, f"{columns.start} says where answers start")
    return FoundLabels({ANSWER: columns.answer, START: columns.start}, CERTAIN, reasons)


def inspect(inspection: Inspection) -> DatasetProfile:
    """Check answers against their contexts, and gather the facts of their lengths."""
    answered = [role for role in LABELED if has_answers(inspection.frames.get(role), inspection.roles)]
    for role in answered:
        check_answers(inspection, role)
    if "train" in answered:
        _refuse_without_answers(inspection)
    if not answered:
        return DatasetProfile(task="span")
    answers = list(inspection.frames[answered[0]][str(inspection.roles[ANSWER])])
    known = [answer for answer in answers if answer]
    profile = text_profile({"answer": known}, {"answer": "Answer"})
    facts = {"questions_without_answer": float(len(answers) - len(known))}
    return profile.model_copy(update={"task": "span", "facts": profile.facts | facts})


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> SpanAnnotation | None:
    """The answer of a row, marked in its context."""
    if not roles.get(ANSWER) or str(roles[ANSWER]) not in row:
        return None
    context, answer = as_text(row.get(str(roles.get(CONTEXT)))) or "", _first(row.get(str(roles.get(ANSWER))))
    start = _first(row.get(str(roles.get(START)))) if roles.get(START) else None
    spans: list[TextSpan] = []
    if answer and (place := find_answer(context, answer, int(start) if start else None)):
        spans = [TextSpan(block=CONTEXT_BLOCK, start=place.start, end=place.start + len(place.text))]
    return SpanAnnotation(spans=shown_spans(spans), answer=answer or "")


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """A missing column, a metric over more answers than there are, and answers that lie across windows."""
    is_trained = settings.value("dataset.train_dataframe") is not None
    if context.columns and is_trained and not settings.value(f"dataset.{ANSWER}"):
        yield missing_column(f"dataset.{ANSWER}", "No answer column is chosen.", "Choose the column with the answer.")
    wanted = TOP.get(settings.value("prediction.metric"), 1)
    predicted = settings.value("dataset.number_of_predicted_answers")
    if wanted > predicted:
        yield Finding(
            code="contradiction",
            path="dataset.number_of_predicted_answers",
            message=f"The metric uses the top {wanted} answers, but only {predicted} are predicted.",
            found=str(predicted),
            expected=f"at least {wanted}",
            fix=f"Predict {wanted} answers, or choose another metric.",
        )
    stride = settings.value("tokenizer.doc_stride")
    if share := share_of_long(context, "answer", stride):
        yield warning(
            "tokenizer.doc_stride",
            "long_answers",
            f"{percent(share)} of the answers are longer than the {stride} tokens that adjacent windows share, so "
            "no window may contain them completely.",
            "Raise it above the longest answer.",
            found=f"{stride} tokens",
            expected="more tokens than the longest answer has",
        )


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
            "No row of the train table has an answer that occurs in its context.",
            "Choose the columns of context and answer.",
            found="0 answers",
            expected="at least 1 answer that occurs in its context",
        )


SPAN_PREDICTION = TaskSpec(
    roles=(
        ColumnRole(
            ANSWER,
            "Answer column",
            ("text", "integer", "number", "list"),
            in_test=False,
            hint="the answers, word for word as in the context; empty where there is none",
        ),
        ColumnRole(
            START,
            "Answer start column",
            ("integer", "number", "list"),
            is_required=False,
            in_test=False,
            hint="where answers start, in characters from 0",
        ),
    ),
    table_hint="answers",
    formats=(table_format("Table of questions", "A table with questions, contexts and answers."), SQUAD),
    find=find,
    inspect=inspect,
    truth=truth,
    dataset=(AnswersMixin,),
    training=(TokenLossMixin,),
    metrics=ANSWER_METRICS,
    default_metric="Jaccard",
    metric_help="The metric that validation reports and that selects the best checkpoint. Top accuracies count a "
    "question as right if one of the first answers is.",
    panels=tuple(Panel),
    prediction_columns="pred_answer_1 to pred_answer_k with the likeliest answers, pred_score_<k>, pred_start_<k> and "
    "pred_end_<k>",
    contradictions=contradictions,
)
