"""Text span prediction, as the registry finds it."""

from studio.datasets.importers.format import table_format
from studio.datasets.importers.squad import SQUAD
from studio.problems.contract import Category, ColumnRole, ModelType, ProblemType
from studio.problems.requirements import TEXT_SCORING
from studio.problems.text_span_prediction.example import make_example
from studio.problems.text_span_prediction.guess import guess
from studio.problems.text_span_prediction.inspection import find_label, inspect_rows, view_row
from studio.problems.text_span_prediction.settings import TextSpanPredictionSettings
from studio.problems.text_span_prediction.suggest import suggest
from studio.results.answers import ANSWER_METRICS, Panel

PROBLEM_TYPE = ProblemType(
    id="text_span_prediction",
    title="Text span prediction",
    category=Category.TEXT,
    description="Finds the stretch of a text that answers a question.",
    model_types=(ModelType(None, "Text span prediction", TextSpanPredictionSettings),),
    roles=(
        ColumnRole("question_column", "Question column", ("text", "integer", "number"), hint="the questions"),
        ColumnRole("context_column", "Context column", ("text",), hint="the texts that hold the answers"),
        ColumnRole(
            "answer_column",
            "Answer column",
            ("text", "integer", "number", "list"),
            in_test=False,
            hint="the answers, word for word as in the context; empty where there is none",
        ),
        ColumnRole(
            "answer_start_column",
            "Answer start column",
            ("integer", "number", "list"),
            is_required=False,
            in_test=False,
            hint="where answers start, in characters from 0",
        ),
    ),
    dataset_formats=(
        table_format("Table of questions", "A table with questions, contexts and answers."),
        SQUAD,
    ),
    metrics=ANSWER_METRICS,
    default_metric="Jaccard",
    panels=tuple(Panel),
    prediction_columns="pred_answer_1 to pred_answer_k with the likeliest answers, pred_score_<k>, pred_start_<k> and "
    "pred_end_<k>",
    guess=guess,
    inspector=inspect_rows,
    suggest=suggest,
    make_example=make_example,
    example_title="Who did what",
    view_row=view_row,
    find_label=find_label,
    media_role=None,
    medium=None,
    recipe="studio.problems.text_span_prediction.recipe:TextSpanPredictionRecipe",
    scoring_distributions=TEXT_SCORING,
)
