"""Instance segmentation: the objects of an image, each with a class and a mask of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.datasets.importers.coco_masks import COCO_INSTANCES
from studio.datasets.importers.cvat import CVAT
from studio.datasets.importers.format import table_format
from studio.datasets.importers.instance_images import INSTANCE_IMAGES
from studio.datasets.importers.label_studio import LABEL_STUDIO
from studio.datasets.importers.mask_rows import OBJECT_ROWS, OBJECT_ROWS_ALONG
from studio.datasets.importers.via import VIA
from studio.datasets.importers.yolo_masks import YOLO_MASKS
from studio.datasets.masks.instance_checks import inspect_instances
from studio.datasets.tables.table_view import TableView
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.mask_columns import MASK_ROLES, find_label, find_masks, masks_of_row
from studio.results.instance_segmentation import INSTANCE_METRICS, PANELS
from studio.results.prediction import HEIGHT, WIDTH
from studio.results.sample_view import Instance, InstanceAnnotation
from studio.settings.sections.dataset import UnlabeledMixin
from studio.settings.sections.tasks.instances import InstanceLimitsMixin, InstanceThresholdSection
from studio.settings.sections.tasks.masks import MaskColumnsMixin

CERTAIN, LESS_CERTAIN = 0.98, 0.9
"""The second where no class repeats in an image: its masks may be of whole classes."""


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """Two list columns: one of classes, one of run lengths."""
    columns = find_masks(view, found)
    if columns is None:
        return None
    if not columns.repeats_classes:
        return FoundLabels(columns.roles, LESS_CERTAIN, columns.reasons)
    return FoundLabels(columns.roles, CERTAIN, (*columns.reasons, "images have several masks of one class"))


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> InstanceAnnotation | None:
    """The masks of a row, one an object, if the table has them."""
    pairs = masks_of_row(row, roles)
    if pairs is None:
        return None
    return InstanceAnnotation(
        width=int(row.get(WIDTH) or 0) or None,
        height=int(row.get(HEIGHT) or 0) or None,
        instances=tuple(Instance(label=name, runs=text) for name, text in pairs),
    )


INSTANCE_SEGMENTATION = TaskSpec(
    roles=MASK_ROLES,
    table_hint="lists of masks",
    formats=(
        table_format(
            "Table with lists of masks",
            "A table with one row an image and lists with a mask an object, with the images.",
        ),
        COCO_INSTANCES,
        YOLO_MASKS,
        INSTANCE_IMAGES,
        CVAT,
        LABEL_STUDIO,
        VIA,
        OBJECT_ROWS,
        OBJECT_ROWS_ALONG,
    ),
    find=find,
    inspect=inspect_instances,
    truth=truth,
    find_label=find_label,
    dataset=(MaskColumnsMixin, UnlabeledMixin),
    training=(),
    before_metric=(InstanceThresholdSection,),
    after_metric=(InstanceLimitsMixin,),
    metrics=INSTANCE_METRICS,
    default_metric="COCO_mAP",
    metric_help="The metric that validation reports and that selects the best checkpoint: mean over the classes of the "
    "average precision of masks over overlaps from 0.50 to 0.95 (COCO mAP), or at the overlap below (mAP).",
    panels=PANELS,
    prediction_columns="lists of class names, run lengths and confidence of the instances above the confidence "
    "threshold",
    scoring_distributions=("pycocotools", "faster-coco-eval"),
)
