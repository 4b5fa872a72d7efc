"""Segmentation: which pixels are of which class; classes may overlap, and most pixels may be of none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import ColumnKind
from studio.datasets.importers.coco_masks import COCO_MASKS
from studio.datasets.importers.format import table_format
from studio.datasets.importers.mask_images import MASK_IMAGES
from studio.datasets.importers.mask_volumes import MASK_VOLUMES
from studio.datasets.importers.yolo_masks import YOLO_MASKS
from studio.datasets.labels.labels import label_text
from studio.datasets.masks.mask_checks import CLASS, RLE, inspect_masks
from studio.datasets.masks.mask_part import OVERLAP_FACT
from studio.datasets.tables.box_columns import class_column
from studio.datasets.tables.table_view import TableView
from studio.on_demand import np, pd
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.results.prediction import DEPTH, HEIGHT, WIDTH
from studio.results.sample_view import Mask, MaskAnnotation
from studio.results.segmentation import SEGMENTATION_METRICS, Panel
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.tasks.masks import MaskColumnsMixin, MaskLossMixin, MaskThresholdSection

if TYPE_CHECKING:
    from numpy.typing import NDArray

CERTAIN = 0.98
LOOKED_ROWS = 50
WEIGHTS = ("training.bce_weight", "training.dice_weight", "training.focal_weight", "training.lovasz_weight")
_LIST: tuple[ColumnKind, ...] = ("list", "text")
_RUNS = re.compile(r"\s*(-1|-?\d+(\s+-?\d+)+)?\s*")
"""Loose: what is wrong with numbers is told row by row at import."""


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """Two list columns: one of classes, one of run lengths."""
    lists = [column for column, kind in view.kinds.items() if kind == "list" and column not in found.columns]
    masks = next((column for column in lists if _holds_runs(view.rows[column])), None)
    others = {column.lower(): column for column in lists if column != masks}
    label = class_column(others) or next(iter(others.values()), None)
    if masks is None or label is None:
        return None
    reasons = (f"{masks} holds lists of run lengths", f"{label} holds a list of classes")
    return FoundLabels({CLASS: label, RLE: masks}, CERTAIN, reasons)


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> MaskAnnotation | None:
    """The masks of a row, if the table has them."""
    columns = [str(roles[name]) for name in (CLASS, RLE) if roles.get(name)]
    if len(columns) < 2 or any(column not in row for column in columns):
        return None
    names, texts = ([] if row[column] is None else list(row[column]) for column in columns)
    return MaskAnnotation(
        width=int(row.get(WIDTH) or 0) or None,
        height=int(row.get(HEIGHT) or 0) or None,
        depth=int(row.get(DEPTH) or 0) or None,
        masks=tuple(Mask(label=label_text(name), runs=text) for name, text in zip(names, texts, strict=False) if text),
    )


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows have a pixel of a class."""
    columns = [str(roles.get(name)) for name in (CLASS, RLE)]
    if any(column not in frame.columns for column in columns):
        return np.zeros(len(frame), dtype=bool)
    pairs = zip(*([[] if cell is None else cell for cell in frame[column]] for column in columns), strict=True)
    has = [any(name == label and text for name, text in zip(names, texts, strict=False)) for names, texts in pairs]
    return np.array(has, dtype=bool)


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


def _holds_runs(cells: pd.Series) -> bool:
    """Whether the cells are lists of texts, all of them run lengths, and not all of them empty."""
    texts = [text for cell in cells.dropna().head(LOOKED_ROWS) for text in cell if text is not None]
    is_some = any(isinstance(text, str) and text.strip() for text in texts)
    return is_some and all(isinstance(text, str) and _RUNS.fullmatch(text) for text in texts)


SEGMENTATION = TaskSpec(
    roles=(
        ColumnRole(CLASS, "Class name column", _LIST, in_test=False, hint="a list of classes, one a mask"),
        ColumnRole(RLE, "RLE mask column", _LIST, in_test=False, hint="a list of masks as run lengths"),
    ),
    table_hint="lists of masks",
    formats=(
        table_format("Table with lists of masks", "A table with one row a file and lists of masks, with the files."),
        COCO_MASKS,
        MASK_IMAGES,
        YOLO_MASKS,
        MASK_VOLUMES,
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
