"""Image object detection, as the registry finds it."""

from studio.datasets.dataset import ColumnKind
from studio.datasets.importers.box_rows import BOX_ROWS
from studio.datasets.importers.coco import COCO
from studio.datasets.importers.format import table_format
from studio.datasets.importers.pascal_voc import PASCAL_VOC
from studio.datasets.importers.yolo import YOLO
from studio.problems.contract import Category, ColumnRole, ModelType, ProblemType
from studio.problems.image_object_detection.efficientdet_settings import EfficientDetSettings
from studio.problems.image_object_detection.example import make_example
from studio.problems.image_object_detection.faster_rcnn_settings import FasterRcnnSettings
from studio.problems.image_object_detection.fcos_settings import FcosSettings
from studio.problems.image_object_detection.guess import guess
from studio.problems.image_object_detection.inspection import find_label, inspect_rows, view_row
from studio.problems.image_object_detection.suggest import suggest
from studio.problems.requirements import IMAGE_SCORING
from studio.results.detection import DETECTION_METRICS, Panel

_LIST: tuple[ColumnKind, ...] = ("list", "text")

PROBLEM_TYPE = ProblemType(
    id="image_object_detection",
    title="Image object detection",
    category=Category.IMAGE,
    description="Finds objects in an image: a box, a class and a confidence for each.",
    model_types=(
        ModelType("efficientdet", "Efficientdet", EfficientDetSettings),
        ModelType("faster_rcnn", "Faster Rcnn", FasterRcnnSettings),
        ModelType("fcos", "Fcos", FcosSettings),
    ),
    roles=(
        ColumnRole("image_column", "Image column", ("file", "text"), hint="file names of the images"),
        ColumnRole("class_name_column", "Class name column", _LIST, in_test=False, hint="a list of classes, one a box"),
        ColumnRole("x_min_column", "X min column", _LIST, in_test=False, hint="a list of left edges in pixels"),
        ColumnRole("y_min_column", "Y min column", _LIST, in_test=False, hint="a list of top edges in pixels"),
        ColumnRole("x_max_column", "X max column", _LIST, in_test=False, hint="a list of right edges in pixels"),
        ColumnRole("y_max_column", "Y max column", _LIST, in_test=False, hint="a list of bottom edges in pixels"),
    ),
    dataset_formats=(
        table_format("Table with lists of boxes", "A table with one row an image and lists of boxes, with the images."),
        BOX_ROWS,
        COCO,
        YOLO,
        PASCAL_VOC,
    ),
    metrics=DETECTION_METRICS,
    default_metric="mAP",
    panels=tuple(Panel),
    prediction_columns="lists of class names, corners and confidence of the boxes above the probability threshold",
    guess=guess,
    inspector=inspect_rows,
    suggest=suggest,
    make_example=make_example,
    example_title="Circles and squares",
    view_row=view_row,
    find_label=find_label,
    media_role="image_column",
    medium="image",
    recipe="studio.problems.image_object_detection.recipe:ObjectDetectionRecipe",
    scoring_distributions=(*IMAGE_SCORING, "effdet", "omegaconf", "pycocotools", "faster-coco-eval"),
)
