"""DrawnBoxes: the boxes around everything that a tool drew."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from studio.datasets.importers.box_tables import BoxesXYXY, BoxTables, ImageBoxes
from studio.datasets.importers.drawn.drawn_images import DrawnImages, Taken
from studio.datasets.importers.drawn.shapes import Shape
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.picture_size import Scale, Size
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.run_lengths import decode
from studio.on_demand import np

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs


class DrawnBoxes(DrawnImages[ImageBoxes]):
    """Of every outline and mask the box around it."""

    noun = "boxes"
    shapes = "boxes, polygons or masks"

    def __init__(self, upload: Upload, title: str) -> None:
        super().__init__(upload, title, BoxTables())

    def image(self, path: str, size: Size | None) -> ImageBoxes:
        return ImageBoxes(path)

    def add(self, image: ImageBoxes, shape: Shape, drawn: Size, scale: Scale) -> Taken:
        if shape.outline is not None:
            xs, ys = shape.outline[0::2], shape.outline[1::2]
            box: BoxesXYXY | None = (min(xs), min(ys), max(xs), max(ys))
        else:
            runs = shape.runs(*drawn) if shape.runs is not None else None
            if runs is None:
                return "unreadable"
            box = _around(runs, drawn)
        if box is not None:
            left, top, right, bottom = box
            image.add(shape.label, (left * scale[0], top * scale[1], right * scale[0], bottom * scale[1]))
        return "used"

    def conversion(self) -> Conversion:
        return cast(BoxTables, self.tables).conversion(self.title)


def _around(runs: Runs, size: Size) -> BoxesXYXY | None:
    """The box around the pixels of a mask; None if it has none."""
    mask = decode(runs, size[1], size[0])
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
