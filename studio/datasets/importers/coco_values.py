"""Values of COCO files, as programs write them: ids and numbers may be whole numbers, floats or text."""

import math
import re
from typing import Any

from studio.datasets.importers.box_tables import BoxesXYXY

_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})(\.0*)?$")


def value_of(entry: Any, key: str) -> Any:
    """What an entry says under a key; None if it says nothing, or is no object."""
    return entry.get(key) if isinstance(entry, dict) else None


def id_of(value: Any) -> int | str | None:
    """An id as a whole number if it is one, however it is written, or else as text; None if it is neither."""
    if isinstance(value, str):
        text = value.strip()
        return int(text.partition(".")[0]) if _WHOLE.match(text) else text or None
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def number_of(value: Any) -> float | None:
    """A finite number, also one that is written as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if is_number(value) else None


def numbers_of(value: Any) -> list[float] | None:
    """A list of finite numbers, also one that is written as text; None if it is none."""
    if isinstance(value, str):
        value = value.strip().strip("[]()").replace(",", " ").split()
    found = [number_of(one) for one in value] if isinstance(value, list) else []
    numbers = [one for one in found if one is not None]
    return numbers if numbers and len(numbers) == len(found) else None


def size_of(entry: Any) -> tuple[int, int] | None:
    """(width, height) that an entry of an image states."""
    width, height = number_of(value_of(entry, "width")), number_of(value_of(entry, "height"))
    return (int(width), int(height)) if width and height and width >= 1 and height >= 1 else None


def says_nothing(entry: Any) -> bool:
    """Whether an annotation says by an empty box, and no shape, that nothing is there."""
    return isinstance(entry, dict) and "bbox" in entry and not entry["bbox"] and not entry.get("segmentation")


def corners_of(entry: Any) -> BoxesXYXY | None:
    """The corners of an annotation's box, or of its polygons; None if neither can be read."""
    box = numbers_of(value_of(entry, "bbox"))
    if box is not None and len(box) == 4:
        x, y, width, height = box
        return x, y, x + width, y + height
    parts = value_of(entry, "segmentation")
    if value_of(entry, "bbox") or not isinstance(parts, list) or not parts:
        return None
    if not all(isinstance(part, list) and len(part) >= 6 and len(part) % 2 == 0 for part in parts):
        return None
    numbers = [value for part in parts for value in part]
    if not all(map(is_number, numbers)):
        return None
    xs = [float(value) for part in parts for value in part[0::2]]
    ys = [float(value) for part in parts for value in part[1::2]]
    return min(xs), min(ys), max(xs), max(ys)
