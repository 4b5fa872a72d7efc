"""Image classification, as the registry finds it."""

from studio.datasets.importers.format import table_format
from studio.datasets.importers.image_folder import IMAGE_FOLDER
from studio.problems.contract import Category, ColumnRole, ModelType, ProblemType
from studio.problems.image_classification.example import make_example
from studio.problems.image_classification.guess import guess
from studio.problems.image_classification.inspection import find_label, inspect_rows, view_row
from studio.problems.image_classification.settings import ImageClassificationSettings
from studio.problems.image_classification.suggest import suggest
from studio.problems.requirements import IMAGE_SCORING
from studio.results.classification import CLASSIFICATION_METRICS

PROBLEM_TYPE = ProblemType(
    id="image_classification",
    title="Image classification",
    category=Category.IMAGE,
    description="Says which class an image belongs to, or which of several labels apply to it.",
    model_types=(ModelType(None, "Image classification", ImageClassificationSettings),),
    roles=(
        ColumnRole("image_column", "Image column", ("file", "text"), hint="file names of the images"),
        ColumnRole(
            "label_columns",
            "Label columns",
            ("text", "integer", "number", "boolean"),
            is_many=True,
            in_test=False,
            hint="one column of classes, or several of 0 and 1",
        ),
    ),
    dataset_formats=(
        table_format("Table with a folder of images", "A table that names the images and says their classes."),
        IMAGE_FOLDER,
    ),
    metrics=CLASSIFICATION_METRICS,
    default_metric="ROC_AUC",
    insights=(
        "Train batch",
        "Best, worst and random samples",
        "Confusion matrix",
        "ROC and precision-recall",
        "Calibration",
        "Classes",
        "What speaks for an answer (HiResCAM), on the samples",
    ),
    prediction_columns="pred_<class> with the probability of each class, pred_label with the answer",
    guess=guess,
    inspector=inspect_rows,
    suggest=suggest,
    make_example=make_example,
    example_title="Shapes",
    view_row=view_row,
    find_label=find_label,
    media_role="image_column",
    media_kind="image",
    explains=True,
    recipe="studio.problems.image_classification.recipe:ImageClassificationRecipe",
    scoring_distributions=IMAGE_SCORING,
)
