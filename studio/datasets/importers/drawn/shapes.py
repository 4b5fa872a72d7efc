"""Shapes as annotation tools draw them: outlines and masks, in pixels of the picture that they were drawn on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from studio.datasets.importers.picture_size import Size

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

ELLIPSE_CORNERS = 64
FARTHEST = 1e9
Outline = tuple[float, ...]
"""x, y, x, y, ... of three corners or more."""
State = Literal["annotated", "rejected", "unannotated"]


@dataclass(frozen=True)
class Shape:
    """Something drawn: a shape with an outline, a mask, something else (a line, a point), or what cannot be read."""

    label: str
    word: str
    """What the tool calls it."""
    outline: Outline | None = None
    runs: Callable[[int, int], Runs | None] | None = None
    """The mask at the width and the height that it was drawn on; None from it if it cannot be read."""
    is_box: bool = False
    """Whether it is an upright rectangle, which says nothing of an object's shape."""
    problem: str = ""
    """Why it cannot be read."""


@dataclass(frozen=True)
class DrawnImage:
    """An image of an export with everything drawn on it."""

    name: str
    """As the tool writes it."""
    near: str
    """The file that says so."""
    size: Size | None
    """That it was drawn on, where that is said."""
    shapes: Sequence[Shape] = ()
    role: str | None = None
    state: State = "annotated"
    annotations: int = 1
    """How many people annotated it; the first counts."""


def numbers(values: Iterable[Any]) -> list[float] | None:
    """Finite numbers, also those that are written as text; None if one is none."""
    found = []
    for value in values:
        try:
            number = float(value) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError, OverflowError):
            return None
        if not abs(number) < FARTHEST:
            return None
        found.append(number)
    return found


def rectangle(left: float, top: float, width: float, height: float, degrees: float = 0.0) -> Outline:
    """The corners of a rectangle, turned clockwise around its left upper corner."""
    across, down = _turned(width, 0, degrees), _turned(0, height, degrees)
    corners = ((0.0, 0.0), across, (across[0] + down[0], across[1] + down[1]), down)
    return tuple(value for x, y in corners for value in (left + x, top + y))


def centred_rectangle(x: float, y: float, width: float, height: float, degrees: float = 0.0) -> Outline:
    """The corners of a rectangle around its middle, turned clockwise."""
    left, top = _turned(-width / 2, -height / 2, degrees)
    return rectangle(x + left, y + top, width, height, degrees)


def ellipse(x: float, y: float, across: float, down: float, degrees: float = 0.0) -> Outline:
    """Corners of an ellipse around its middle, from its radii, turned clockwise."""
    angles = (2 * math.pi * number / ELLIPSE_CORNERS for number in range(ELLIPSE_CORNERS))
    points = (_turned(across * math.cos(angle), down * math.sin(angle), degrees) for angle in angles)
    return tuple(value for right, below in points for value in (x + right, y + below))


def _turned(x: float, y: float, degrees: float) -> tuple[float, float]:
    """A point turned clockwise, as one sees it where y grows downwards."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return (x * cosine - y * sine, x * sine + y * cosine) if degrees else (x, y)
