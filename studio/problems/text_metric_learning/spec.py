"""Text metric learning, as the registry finds it."""

from studio.datasets.importers.format import table_format
from studio.problems.contract import Category, ColumnRole, ModelType, ProblemType
from studio.problems.requirements import TEXT_SCORING
from studio.problems.text_metric_learning.example import make_example
from studio.problems.text_metric_learning.guess import guess
from studio.problems.text_metric_learning.inspection import find_label, inspect_rows, view_row
from studio.problems.text_metric_learning.settings import TextMetricLearningSettings
from studio.problems.text_metric_learning.suggest import suggest
from studio.results.retrieval import RETRIEVAL_METRICS

PROBLEM_TYPE = ProblemType(
    id="text_metric_learning",
    title="Text metric learning",
    category=Category.TEXT,
    description="Turns texts into vectors in which those that belong together lie close, to search and to group them.",
    model_types=(ModelType(None, "Text metric learning", TextMetricLearningSettings),),
    roles=(
        ColumnRole(
            "text_column",
            "Text column",
            ("text", "integer", "number", "boolean"),
            is_many=True,
            hint="the texts; several columns are joined",
        ),
        ColumnRole(
            "label_columns",
            "Label columns",
            ("text", "integer", "number", "boolean"),
            in_test=False,
            hint="one column that says which texts belong together",
        ),
    ),
    dataset_formats=(
        table_format(
            "Table of texts", "A table with a column of texts and the label that tells which belong together."
        ),
    ),
    metrics=RETRIEVAL_METRICS,
    default_metric="mAP",
    insights=(
        "Train batch",
        "Best, worst and random samples",
        "Embedding map",
        "Similarities",
        "Recall at k",
        "Labels",
        "Lengths of texts",
    ),
    prediction_columns="lists with the rows most like each, from 1: pred_similar_rows, pred_similarities; pred_label "
    "with the label of the nearest; embeddings in the raw output",
    guess=guess,
    inspector=inspect_rows,
    suggest=suggest,
    make_example=make_example,
    example_title="Customer questions",
    view_row=view_row,
    find_label=find_label,
    media_role=None,
    media_kind=None,
    recipe="studio.problems.text_metric_learning.recipe:TextMetricLearningRecipe",
    scoring_distributions=TEXT_SCORING,
)
