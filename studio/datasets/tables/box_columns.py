"""Names that people give to the columns of boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

BoxForm = Literal["xyxy", "xywh", "cxcywh"]
"""Corners; left upper corner and size; middle and size. As torchvision calls them."""
FORMS: tuple[BoxForm, ...] = ("xyxy", "xywh", "cxcywh")
CORNER_WORDS: Mapping[str, tuple[str, ...]] = {
    "x_min_column": ("x_min", "xmin", "x1", "left", "x0", "bbox_x_min", "bbox_xmin", "bbox_x1", "bbox_left"),
    "y_min_column": ("y_min", "ymin", "y1", "top", "y0", "bbox_y_min", "bbox_ymin", "bbox_y1", "bbox_top"),
    "x_max_column": ("x_max", "xmax", "x2", "right", "bbox_x_max", "bbox_xmax", "bbox_x2", "bbox_right"),
    "y_max_column": ("y_max", "ymax", "y2", "bottom", "bbox_y_max", "bbox_ymax", "bbox_y2", "bbox_bottom"),
}
"""Role -> names of its column, the likeliest first."""
CLASS_WORDS = (
    "class_id",
    "class_name",
    "class_names",
    "class",
    "label_name",
    "labelname",
    "label",
    "labels",
    "name",
    "category",
    "category_name",
    "category_id",
    "type",
)
BOX_WORDS = ("bbox", "box", "boxes", "bounding_box", "boundingbox", "coordinates")
_X_CENTRES = ("x_center", "x_centre", "xcenter", "xcentre", "center_x", "centre_x", "cx", "xc", "x_c", "x_mid")
_Y_CENTRES = tuple(word.replace("x", "y") for word in _X_CENTRES)
_X_PLAIN, _Y_PLAIN = ("x", "bbox_x", "box_x"), ("y", "bbox_y", "box_y")
_WIDTHS = ("bbox_width", "box_width", "bbox_w", "box_w", "width", "w")
_HEIGHTS = ("bbox_height", "box_height", "bbox_h", "box_h", "height", "h")
_IMAGE_SIZES = (
    ("image_width", "image_height"),
    ("img_width", "img_height"),
    ("img_w", "img_h"),
    ("width", "height"),
    ("original_width", "original_height"),
)


@dataclass(frozen=True)
class BoxColumns:
    """Which columns tell the boxes of a table with one row a box."""

    sides: tuple[str, ...]
    """Four columns of numbers, or one of lists of four."""
    forms: tuple[BoxForm, ...]
    """What the names allow the numbers to be, the likeliest first."""
    label: str | None
    """None where no column is called like one of classes."""
    image_size: tuple[str, str] | None
    """Columns with the width and the height of the picture."""


def corner_columns(columns: Mapping[str, str]) -> dict[str, str] | None:
    """Role -> column, from columns by their lower-case name; None if a corner is missing."""
    found = {role: _first(columns, words) for role, words in CORNER_WORDS.items()}
    complete = {role: column for role, column in found.items() if column is not None}
    return complete if len(complete) == len(CORNER_WORDS) else None


def class_column(columns: Mapping[str, str]) -> str | None:
    """The column of classes by its name, from columns by their lower-case name."""
    return _first(columns, CLASS_WORDS)


def box_columns(single: Mapping[str, str], lists: Mapping[str, str]) -> BoxColumns | None:
    """The columns of a table with one row a box, from those of single values and of lists by their lower-case name."""
    found = _sides(single, lists)
    if found is None:
        return None
    sides, forms = found
    label = class_column({word: column for word, column in single.items() if column not in sides})
    free = {word: column for word, column in single.items() if column not in (*sides, label)}
    sizes = ((free.get(width), free.get(height)) for width, height in _IMAGE_SIZES)
    return BoxColumns(sides, forms, label, next(((w, h) for w, h in sizes if w and h), None))


def _sides(single: Mapping[str, str], lists: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[BoxForm, ...]] | None:
    corners = corner_columns(single)
    if corners is not None:
        return tuple(corners.values()), ("xyxy",)
    width, height = _first(single, _WIDTHS), _first(single, _HEIGHTS)
    starts: tuple[tuple[Sequence[str], Sequence[str], tuple[BoxForm, ...]], ...] = (
        (CORNER_WORDS["x_min_column"], CORNER_WORDS["y_min_column"], ("xywh",)),
        (_X_CENTRES, _Y_CENTRES, ("cxcywh",)),
        (_X_PLAIN, _Y_PLAIN, ("xywh", "cxcywh")),
    )
    for xs, ys, forms in starts:
        x, y = _first(single, xs), _first(single, ys)
        if x and y and width and height:
            return (x, y, width, height), forms
    box = _first(lists, BOX_WORDS)
    return ((box,), ("xywh", "xyxy")) if box else None


def _first(columns: Mapping[str, str], words: Sequence[str]) -> str | None:
    return next((columns[word] for word in words if word in columns), None)
