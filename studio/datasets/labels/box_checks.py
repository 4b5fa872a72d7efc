"""Checks of boxes, image by image: what is repaired, and what leaves an image out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed, quoted
from studio.datasets.inspection import Inspection
from studio.datasets.labels.labels import label_text
from studio.datasets.media.image_profile import image_size
from studio.on_demand import np, pd
from studio.settings.finding import FindingLevel

COORDINATES = ("x_min_column", "y_min_column", "x_max_column", "y_max_column")
CLASS = "class_name_column"
LARGEST_RELATIVE = 1.5
WRONG_ORDER_SHARE = 0.3
MANY_BOXES = 1000
_BACKGROUND = ("background", "__background__", "bg")
_WHAT = "boxes"


@dataclass
class CheckedRow:
    """The boxes of one image after the checks: class names and (boxes, 4) corners."""

    names: list[str]
    boxes: np.ndarray
    problem: str = ""
    repairs: Mapping[str, str] = field(default_factory=dict)
    """Kind of repair -> the first box that needed it."""
    found: str = ""
    """What the problem is with."""


def has_boxes(frame: pd.DataFrame, roles: Mapping[str, Any]) -> bool:
    """Whether a table has all columns of boxes."""
    return all(str(roles.get(name)) in frame.columns for name in (CLASS, *COORDINATES))


def check_table(inspection: Inspection, role: TableRole) -> None:
    """Repair or drop the rows of a table, and replace its cells by lists of words and numbers."""
    frame = inspection.frames[role]
    columns = [str(inspection.roles[name]) for name in (CLASS, *COORDINATES)]
    cells = {column: [_cell(value) for value in frame[column]] for column in columns}
    if _has_other_units(inspection, role, [cells[column] for column in columns[1:]]):
        return
    sizes = [image_size(inspection, str(name)) for name in frame[str(inspection.roles["image_column"])]]
    rows = {
        index: _checked(row, size)
        for index, row, size in zip(frame.index, zip(*cells.values(), strict=True), sizes, strict=True)
    }
    for position, column in enumerate(columns):
        values = [
            row.names if position == 0 else [float(value) for value in row.boxes[:, position - 1]]
            for row in rows.values()
        ]
        frame = frame.assign(**{column: pd.Series(values, index=frame.index, dtype=object)})
        inspection.kinds[role][column] = "list"
    inspection.frames[role] = frame
    _report(inspection, role, rows)
    _note_oddities(inspection, role, {index: row for index, row in rows.items() if not row.problem})


def _has_other_units(inspection: Inspection, role: TableRole, cells: Sequence[Sequence[list[Any]]]) -> bool:
    """Refuse shares of the image, and widths and heights in place of corners; neither is guessed."""
    values = [
        [value for cell in column for value in cell if isinstance(value, int | float) and math.isfinite(value)]
        for column in cells
    ]
    numbers = [value for column in values for value in column]
    path = ", ".join(str(inspection.roles[name]) for name in COORDINATES)
    if len(numbers) >= 4 and max(numbers) <= LARGEST_RELATIVE and min(numbers) >= 0:
        inspection.note(
            role,
            FindingLevel.ERROR,
            "relative_boxes",
            path,
            "All coordinates are below 1.5, so they look like fractions of the image and not pixels.",
            "Multiply them by the image's width and height.",
            found=f"{min(numbers):g} to {max(numbers):g}",
            expected="pixels",
        )
        return True
    if len({len(column) for column in values}) > 1 or not values[0]:
        return False
    x_min, y_min, x_max, y_max = (np.array(column) for column in values)
    share = float(((x_max < x_min) | (y_max < y_min)).mean())
    if share > WRONG_ORDER_SHARE:
        inspection.note(
            role,
            FindingLevel.ERROR,
            "width_and_height",
            path,
            f"In {share:.0%} of the boxes a maximum is below its minimum, so these are not corners.",
            "If they are widths and heights, add them to the minimum; check which column is which.",
            found=f"a maximum below its minimum in {share:.0%} of the boxes",
            expected="a minimum below its maximum",
        )
        return True
    return False


def _checked(cells: tuple[list[Any], ...], size: tuple[int, int] | None) -> CheckedRow:
    empty = np.zeros((0, 4))
    if len({len(cell) for cell in cells}) > 1:
        counts = ", ".join(str(len(cell)) for cell in cells[1:])
        return CheckedRow(
            [], empty, "box_lengths", found=f"{counted(len(cells[0]), 'class', 'classes')}; {counts} numbers"
        )
    if any(name is None or label_text(name) == "" for name in cells[0]):
        number = next(n for n, name in enumerate(cells[0], start=1) if name is None or label_text(name) == "")
        return CheckedRow([], empty, "no_class", found=f"no class for box {number} of {len(cells[0])}")
    try:
        boxes = np.array(cells[1:], dtype=float).T.reshape(-1, 4)
    except (TypeError, ValueError):
        return CheckedRow([], empty, "box_number", found=_no_number(cells[1:]))
    names = [label_text(name) for name in cells[0]]
    if not np.isfinite(boxes).all():
        return CheckedRow([], empty, "box_number", found=_no_number(cells[1:]))
    is_reversed = (boxes[:, :2] > boxes[:, 2:]).any(axis=1)
    if is_reversed.any():
        return CheckedRow([], empty, "box_order", found=_shown_box(boxes[is_reversed][0]))
    return _fitted(names, boxes, size)


def _fitted(names: list[str], boxes: np.ndarray, size: tuple[int, int] | None) -> CheckedRow:
    repairs: dict[str, str] = {}
    of_size = f" in {size[0]} x {size[1]} pixels" if size is not None else ""
    if size is not None and len(boxes):
        limits = np.array([size[0], size[1]] * 2, dtype=float)
        outside = (boxes[:, :2] >= limits[:2]).any(axis=1) | (boxes[:, 2:] <= 0).any(axis=1)
        has_area = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        if (outside & has_area).any():
            found = _shown_box(boxes[outside & has_area][0]) + of_size
            return CheckedRow([], np.zeros((0, 4)), "box_outside", found=found)
        clipped = np.clip(boxes, 0, limits)
        if not np.array_equal(clipped, boxes):
            repairs["box_clipped"] = _shown_box(boxes[(clipped != boxes).any(axis=1)][0]) + of_size
        boxes = clipped
    keep = (boxes[:, 2:] - boxes[:, :2] > 0).all(axis=1)
    if not keep.all():
        repairs["box_empty"] = _shown_box(boxes[~keep][0])
        names = [name for name, kept in zip(names, keep, strict=True) if kept]
        boxes = boxes[keep]
    return CheckedRow(names, boxes, "", repairs)


def _shown_box(box: np.ndarray) -> str:
    return f"x {box[0]:g} to {box[2]:g}, y {box[1]:g} to {box[3]:g}"


def _no_number(cells: Sequence[list[Any]]) -> str:
    """The first value that is no finite number."""
    for value in (value for cell in cells for value in cell):
        try:
            is_number = math.isfinite(float(value))
        except (TypeError, ValueError):
            is_number = False
        if not is_number:
            return "NaN" if isinstance(value, float) and math.isnan(value) else quoted(value)
    return "no number"


def _cell(value: Any) -> list[Any]:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return []
    return list(value) if isinstance(value, list | tuple | np.ndarray) else [value]


def _report(inspection: Inspection, role: TableRole, rows: Mapping[Any, CheckedRow]) -> None:
    for repair, message, expected in (
        (
            "box_clipped",
            "images have boxes that extend beyond the image; they were clipped to it.",
            "boxes inside their image",
        ),
        ("box_empty", "images have boxes without area; these boxes were removed.", "a minimum below its maximum"),
    ):
        mended = {
            index: row.repairs[repair] for index, row in rows.items() if repair in row.repairs and not row.problem
        }
        fix = "Correct the boxes, or accept the repair."
        found = next(iter(mended.values()), "")
        inspection.repair(role, mended, repair, _WHAT, f"{len(mended)} {message}", fix, found=found, expected=expected)
    for code, message, expected, fix in _PROBLEMS:
        bad = {index: row.found for index, row in rows.items() if row.problem == code}
        found = next(iter(bad.values()), "")
        inspection.drop(role, bad, code, _WHAT, message, fix, found=found, expected=expected)


_PROBLEMS = (
    (
        "box_lengths",
        "The lists of an image have different lengths.",
        "a class and four numbers for every box",
        "Give every box a class and four numbers.",
    ),
    ("box_number", "A coordinate is not a finite number.", "finite numbers", "Write numbers in pixels."),
    (
        "box_order",
        "A minimum is above its maximum.",
        "a minimum below its maximum",
        "Write the smaller value as minimum.",
    ),
    (
        "box_outside",
        "A box lies completely outside its image.",
        "boxes inside their image",
        "Check that coordinates are pixels of this image.",
    ),
    ("no_class", "A box has no class.", "a class for every box", "Name the class of every box."),
)


def _note_oddities(inspection: Inspection, role: TableRole, rows: Mapping[Any, CheckedRow]) -> None:
    crowded = [index for index, row in rows.items() if len(row.names) > MANY_BOXES]
    twice = [index for index, row in rows.items() if _repeats([tuple(box) for box in row.boxes], row.names) == "box"]
    unsure = [index for index, row in rows.items() if _repeats([tuple(box) for box in row.boxes], row.names) == "class"]
    named = [index for index, row in rows.items() if any(name.lower() in _BACKGROUND for name in row.names)]
    for code, odd, message, fix, found, expected in (
        (
            "many_boxes",
            crowded,
            f"images have more than {MANY_BOXES:,} boxes.",
            "Raise Max det per image, or cut these images into tiles.",
            f"up to {max((len(row.names) for row in rows.values()), default=0):,} boxes in an image",
            f"at most {MANY_BOXES:,} boxes in an image",
        ),
        (
            "box_twice",
            twice,
            "images have a duplicate box of the same class.",
            "Remove the duplicate.",
            f"{_first_repeated(rows, twice)} twice",
            "no duplicate boxes",
        ),
        (
            "box_of_two_classes",
            unsure,
            "images have one box with two classes.",
            "Keep the class that is meant.",
            f"{_first_repeated(rows, unsure)} with two classes",
            "one class per box",
        ),
        (
            "background_class",
            named,
            "images have boxes of a class named background.",
            "Leave these boxes out; regions without a box are background.",
            listed(name for index in named for name in rows[index].names if name.lower() in _BACKGROUND),
            "classes of objects",
        ),
    ):
        if odd:
            words = f"{len(odd)} {message}"
            inspection.note(role, FindingLevel.WARNING, code, _WHAT, words, fix, odd, found=found, expected=expected)


def _first_repeated(rows: Mapping[Any, CheckedRow], indexes: Sequence[Any]) -> str:
    """The first box of the first of these images that stands there more than once."""
    if not indexes:
        return ""
    boxes = rows[indexes[0]].boxes
    counts = Counter(map(tuple, boxes))
    return _shown_box(next(box for box in boxes if counts[tuple(box)] > 1))


def _repeats(boxes: Sequence[tuple[float, ...]], names: Sequence[str]) -> str:
    """`box` if a box stands twice with its class, `class` if only with different ones, else nothing."""
    if len(set(boxes)) == len(boxes):
        return ""
    return "box" if max(Counter(zip(boxes, names, strict=True)).values()) > 1 else "class"
