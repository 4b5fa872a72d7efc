"""Detection: the objects of an image, as boxes with classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import ColumnKind, TableRole
from studio.datasets.formatting import counted
from studio.datasets.histograms import histogram
from studio.datasets.importers.box_rows import BOX_ROWS, BOX_ROWS_CXCYWH, BOX_ROWS_XYWH
from studio.datasets.importers.coco import COCO
from studio.datasets.importers.cvat import CVAT_BOXES
from studio.datasets.importers.format import table_format
from studio.datasets.importers.label_studio import LABEL_STUDIO_BOXES
from studio.datasets.importers.pascal_voc import PASCAL_VOC
from studio.datasets.importers.via import VIA_BOXES
from studio.datasets.importers.yolo import YOLO
from studio.datasets.inspection import Inspection
from studio.datasets.labels.box_checks import CLASS, COORDINATES, check_table, has_boxes
from studio.datasets.labels.box_part import BoxPart
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.labels.labels import label_text
from studio.datasets.labels.unseen_labels import drop_unseen
from studio.datasets.media.image_profile import image_size
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.box_columns import class_column, corner_columns
from studio.datasets.tables.table_view import TableView
from studio.on_demand import np, pd
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.results.detection import DETECTION_METRICS, Panel
from studio.results.sample_view import Box, BoxAnnotation
from studio.settings.finding import FindingLevel
from studio.settings.sections.dataset import UnlabeledMixin
from studio.settings.sections.tasks.boxes import BoxColumnsMixin, BoxLimitsMixin, BoxThresholdSection

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL_AREA = 32.0**2
MEDIUM_AREA = 96.0**2
CERTAIN = 0.97
LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
_LIST: tuple[ColumnKind, ...] = ("list", "text")


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """Four list columns of corners and one of classes."""
    lists = {column.lower(): column for column, kind in view.kinds.items() if kind == "list"}
    corners = corner_columns(lists)
    if corners is None:
        return None
    others = [column for column in lists.values() if column not in corners.values()]
    label = class_column(lists) or next(iter(others), None)
    if label is None:
        return None
    reasons = (f"{', '.join(corners.values())} hold lists of corners", f"{label} holds a list of classes")
    return FoundLabels({**corners, CLASS: label}, CERTAIN, reasons)


def inspect(inspection: Inspection) -> DatasetProfile:
    """Check every box against its image, and gather facts about classes and sizes.

    Where nothing is trained on, the facts are those of the first table with boxes.
    """
    with_boxes = [role for role in inspection.frames if has_boxes(inspection.frames[role], inspection.roles)]
    for role in with_boxes:
        check_table(inspection, role)
    base = next((role for role in LABELED if role in with_boxes), None)
    if base is None:
        return DatasetProfile(task="detection").with_parts(LabelPart())
    labels = set(_class_names(inspection, base))
    if base == "train":
        _refuse_without_boxes(inspection, labels)
    for role in with_boxes if labels else ():
        if role != base and role in ("validation", "test"):
            drop_unseen(
                inspection,
                role,
                str(inspection.roles[CLASS]),
                list(inspection.frames[role][str(inspection.roles[CLASS])]),
                labels,
                cure="training boxes of these classes",
            )
    counts = {
        inspection.names[role]: dict(sorted(Counter(_class_names(inspection, role)).items())) for role in with_boxes
    }
    named = DatasetProfile(task="detection").with_parts(LabelPart(names=tuple(sorted(labels)), counts=counts))
    return named.joined(_sizes(inspection, base)) if labels else named


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> BoxAnnotation | None:
    """The boxes of a row, if the table has them."""
    columns = [str(roles[name]) for name in (CLASS, *COORDINATES) if roles.get(name)]
    if len(columns) < 5 or any(column not in row for column in columns):
        return None
    cells = [[] if row[column] is None else list(row[column]) for column in columns]
    return BoxAnnotation(
        boxes=tuple(
            Box(x_min=float(x0), y_min=float(y0), x_max=float(x1), y_max=float(y1), label=label_text(name))
            for name, x0, y0, x1, y1 in zip(*cells, strict=False)
        )
    )


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows have a box of a class."""
    column = str(roles.get(CLASS))
    if column not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return np.array([cell is not None and label in cell for cell in frame[column]], dtype=bool)


def _class_names(inspection: Inspection, role: TableRole) -> list[str]:
    return [name for cell in inspection.frames[role][str(inspection.roles[CLASS])] for name in cell]


def _refuse_without_boxes(inspection: Inspection, labels: set[str]) -> None:
    if not labels:
        inspection.note(
            "train",
            FindingLevel.ERROR,
            "no_boxes",
            str(inspection.roles[CLASS]),
            "No image of the train table has a box.",
            "Choose the columns that hold the boxes.",
            found=f"0 boxes in {counted(len(inspection.frames['train']), 'image')}",
            expected="at least 1 box",
        )


def _sizes(inspection: Inspection, base: TableRole) -> DatasetProfile:
    """How many boxes images have, and how large they are."""
    frame = inspection.frames[base]
    boxes = [
        np.array(sides, dtype=float).reshape(4, -1).T
        for sides in zip(*(frame[str(inspection.roles[name])] for name in COORDINATES), strict=True)
    ]
    sizes = [image_size(inspection, str(name)) for name in frame[str(inspection.roles["image_column"])]]
    areas = _areas(np.concatenate(boxes))
    shares = [
        np.sqrt(_areas(one) / (size[0] * size[1])) if size else np.full(len(one), np.nan)
        for one, size in zip(boxes, sizes, strict=True)
    ]
    per_image = [len(one) for one in boxes]
    facts = {
        "boxes": float(len(areas)),
        "boxes_per_image": float(np.mean(per_image)),
        "most_boxes": float(max(per_image)),
        "images_without_boxes": float(sum(count == 0 for count in per_image)),
        "share_small": float((areas < SMALL_AREA).mean()),
        "share_medium": float(((areas >= SMALL_AREA) & (areas < MEDIUM_AREA)).mean()),
        "share_large": float((areas >= MEDIUM_AREA).mean()),
    }
    histograms = (
        histogram("Boxes per image", "", per_image),
        histogram("Box side (square root of the area)", "px", [float(value) for value in np.sqrt(areas)]),
    )
    seen = BoxPart(smallest_class_side_share=_smallest_class(_class_names(inspection, base), shares))
    return DatasetProfile(facts=facts, histograms=histograms).with_parts(seen)


def _smallest_class(names: Sequence[str], shares: Sequence[np.ndarray]) -> float:
    """The median box side, as a share of the image's side, of the class whose boxes are smallest; 0 if unknown."""
    medians = pd.Series(np.concatenate(shares)).groupby(np.array(names)).median().dropna()
    return float(medians.min()) if len(medians) else 0.0


def _areas(corners: np.ndarray) -> np.ndarray:
    """Areas (N,) of boxes (N, 4) in square pixels."""
    return np.asarray((corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1]))


DETECTION = TaskSpec(
    roles=(
        ColumnRole(CLASS, "Class name column", _LIST, in_test=False, hint="a list of classes, one per box"),
        ColumnRole("x_min_column", "X min column", _LIST, in_test=False, hint="a list of left edges in pixels"),
        ColumnRole("y_min_column", "Y min column", _LIST, in_test=False, hint="a list of top edges in pixels"),
        ColumnRole("x_max_column", "X max column", _LIST, in_test=False, hint="a list of right edges in pixels"),
        ColumnRole("y_max_column", "Y max column", _LIST, in_test=False, hint="a list of bottom edges in pixels"),
    ),
    table_hint="lists of boxes",
    formats=(
        table_format("Table with lists of boxes", "A table with one row an image and lists of boxes, with the images."),
        BOX_ROWS,
        BOX_ROWS_XYWH,
        BOX_ROWS_CXCYWH,
        COCO,
        YOLO,
        PASCAL_VOC,
        CVAT_BOXES,
        LABEL_STUDIO_BOXES,
        VIA_BOXES,
    ),
    find=find,
    inspect=inspect,
    truth=truth,
    find_label=find_label,
    dataset=(BoxColumnsMixin, UnlabeledMixin),
    training=(),
    before_metric=(BoxThresholdSection,),
    after_metric=(BoxLimitsMixin,),
    metrics=DETECTION_METRICS,
    default_metric="mAP",
    metric_help="The metric that validation reports and that selects the best checkpoint: mean over the classes of the "
    "average precision at the overlap below (mAP), or over overlaps from 0.50 to 0.95 (COCO mAP).",
    panels=tuple(Panel),
    prediction_columns="lists of class names, corners and confidence of the boxes above the probability threshold",
    scoring_distributions=("pycocotools", "faster-coco-eval"),
)
