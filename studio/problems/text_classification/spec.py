"""Text classification, as the registry finds it."""

from studio.datasets.importers.format import table_format
from studio.problems.contract import Category, ColumnRole, ModelType, ProblemType
from studio.problems.requirements import TEXT_SCORING
from studio.problems.text_classification.example import make_example
from studio.problems.text_classification.guess import guess
from studio.problems.text_classification.inspection import find_label, inspect_rows, view_row
from studio.problems.text_classification.settings import TextClassificationSettings
from studio.problems.text_classification.suggest import suggest
from studio.results.classification import CLASSIFICATION_METRICS

PROBLEM_TYPE = ProblemType(
    id="text_classification",
    title="Text classification",
    category=Category.TEXT,
    description="Says which class a text belongs to, or which of several labels apply to it.",
    model_types=(ModelType(None, "Text classification", TextClassificationSettings),),
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
            is_many=True,
            in_test=False,
            hint="one column of classes, or several of 0 and 1",
        ),
    ),
    dataset_formats=(table_format("Table of texts", "A table with a column of texts and their classes."),),
    metrics=CLASSIFICATION_METRICS,
    default_metric="ROC_AUC",
    insights=(
        "Train batch",
        "Best, worst and random samples",
        "Confusion matrix",
        "ROC and precision-recall",
        "Calibration",
        "Classes",
        "Lengths of texts",
        "What speaks for an answer (integrated gradients), on the samples",
    ),
    prediction_columns="pred_<class> with the probability of each class, pred_label with the answer",
    guess=guess,
    inspector=inspect_rows,
    suggest=suggest,
    make_example=make_example,
    example_title="Requests to an assistant",
    view_row=view_row,
    find_label=find_label,
    media_role=None,
    media_kind=None,
    explains=True,
    recipe="studio.problems.text_classification.recipe:TextClassificationRecipe",
    scoring_distributions=TEXT_SCORING,
)
