"""Text regression, as the registry finds it."""

from studio.datasets.importers.format import table_format
from studio.problems.contract import Category, ColumnRole, ModelType, ProblemType
from studio.problems.requirements import TEXT_SCORING
from studio.problems.text_regression.example import make_example
from studio.problems.text_regression.guess import guess
from studio.problems.text_regression.inspection import find_label, inspect_rows, view_row
from studio.problems.text_regression.settings import TextRegressionSettings
from studio.problems.text_regression.suggest import suggest
from studio.results.regression import REGRESSION_METRICS

PROBLEM_TYPE = ProblemType(
    id="text_regression",
    title="Text regression",
    category=Category.TEXT,
    description="Predicts one or more numbers from a text.",
    model_types=(ModelType(None, "Text regression", TextRegressionSettings),),
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
            ("number", "integer", "boolean"),
            is_many=True,
            in_test=False,
            hint="one or more columns of numbers",
        ),
    ),
    dataset_formats=(table_format("Table of texts", "A table with a column of texts and the numbers to predict."),),
    metrics=REGRESSION_METRICS,
    default_metric="MAE",
    insights=(
        "Train batch",
        "Best, worst and random samples",
        "Predicted against true",
        "Residuals",
        "Error by range",
        "Lengths of texts",
        "What raises or lowers a number (integrated gradients), on the samples",
    ),
    prediction_columns="pred_<label> with the number",
    guess=guess,
    inspector=inspect_rows,
    suggest=suggest,
    make_example=make_example,
    example_title="Starred reviews",
    view_row=view_row,
    find_label=find_label,
    media_role=None,
    media_kind=None,
    explains=True,
    recipe="studio.problems.text_regression.recipe:TextRegressionRecipe",
    scoring_distributions=TEXT_SCORING,
)
