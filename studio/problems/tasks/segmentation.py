"""Segmentation: which pixels are of which class; classes may overlap, and most pixels may be of none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studio.datasets.importers.coco_masks import COCO_MASKS
from studio.datasets.importers.cvat import CVAT
from studio.datasets.importers.format import table_format
from studio.datasets.importers.label_studio import LABEL_STUDIO
from studio.datasets.importers.mask_images import MASK_IMAGES
from studio.datasets.importers.mask_rows import MASK_ROWS, MASK_ROWS_ALONG
from studio.datasets.importers.mask_volumes import MASK_VOLUMES
from studio.datasets.importers.via import VIA
from studio.datasets.importers.yolo_masks import YOLO_MASKS
from studio.datasets.masks.mask_checks import inspect_masks
from studio.datasets.masks.mask_part import OVERLAP_FACT
from studio.datasets.masks.run_lengths import joined
from studio.datasets.tables.table_view import TableView
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.mask_columns import MASK_ROLES, find_label, find_masks, masks_of_row
from studio.results.prediction import DEPTH, HEIGHT, WIDTH
from studio.results.sample_view import Mask, MaskAnnotation
from studio.results.segmentation import SEGMENTATION_METRICS, Panel
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.tasks.masks import MaskColumnsMixin, MaskLossMixin, MaskThresholdSection

CERTAIN, LESS_CERTAIN = 0.98, 0.96
"""The second where a class repeats in an image: its masks may be of single objects."""
WEIGHTS = ("training.bce_weight", "training.dice_weight", "training.focal_weight", "training.lovasz_weight")


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """Two list columns: one of classes, one of run lengths."""
    columns = find_masks(view, found)
    if columns is None:
        return None
    return FoundLabels(columns.roles, LESS_CERTAIN if columns.repeats_classes else CERTAIN, columns.reasons)


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> MaskAnnotation | None:
    """The masks of a row, one a class, if the table has them."""
    pairs = masks_of_row(row, roles)
    if pairs is None:
        return None
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    return MaskAnnotation(
        width=int(row.get(WIDTH) or 0) or None,
        height=int(row.get(HEIGHT) or 0) or None,
        depth=int(row.get(DEPTH) or 0) or None,
        masks=tuple(Mask(label=name, runs=joined(parts)) for name, parts in texts.items()),
    )


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """A loss for one class a pixel where there are several; weights of which none is left."""
    loss = settings.value("training.loss_function")
    if loss == "CrossEntropy" and context.facts.get(OVERLAP_FACT):
        yield Finding(
            code="contradiction",
            path="training.loss_function",
            message="CrossEntropy gives a pixel one class, and here pixels are of several.",
            found="CrossEntropy",
            expected="a loss that takes classes which overlap, such as BCEDice",
            fix="Use BCEDice.",
        )
    weights = [key for key in WEIGHTS if key in settings.visible()]
    if weights and not any(settings.value(key) for key in weights):
        yield Finding(
            code="contradiction",
            path=weights[0],
            message=f"Every part of {loss} has the weight 0, so nothing is learned.",
            found="0",
            expected="a weight above 0",
            fix="Raise one of the weights.",
        )


SEGMENTATION = TaskSpec(
    roles=MASK_ROLES,
    table_hint="lists of masks",
    formats=(
        table_format("Table with lists of masks", "A table with one row a file and lists of masks, with the files."),
        COCO_MASKS,
        MASK_IMAGES,
        YOLO_MASKS,
        MASK_VOLUMES,
        CVAT,
        LABEL_STUDIO,
        VIA,
        MASK_ROWS,
        MASK_ROWS_ALONG,
    ),
    find=find,
    inspect=inspect_masks,
    truth=truth,
    find_label=find_label,
    dataset=(MaskColumnsMixin,),
    training=(MaskLossMixin,),
    before_metric=(MaskThresholdSection,),
    metrics=SEGMENTATION_METRICS,
    default_metric="IoU",
    metric_help="The figure that validation reports and that chooses the best checkpoint, over all pixels at the "
    "probability threshold: mean over the classes of intersection over union, or of Dice.",
    panels=tuple(Panel),
    prediction_columns="lists of class names and run lengths of the masks at the probability threshold",
    contradictions=contradictions,
)
