"""DrawnMasks: the pixels of everything that a tool drew, but for upright boxes, which have no shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from studio.datasets.importers.drawn.drawn_images import DrawnImages, Taken
from studio.datasets.importers.drawn.shapes import Shape
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.mask_tables import ImageMasks, MaskTables
from studio.datasets.importers.picture_size import ONE, Scale, Size
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.polygons import PolygonError, polygon_runs
from studio.datasets.masks.resizing import resized_runs

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

MAX_PIXELS = 1 << 28


class DrawnMasks(DrawnImages[ImageMasks]):
    """Outlines are filled, masks taken."""

    noun = "masks"
    shapes = "polygons or masks"

    def __init__(self, upload: Upload, title: str) -> None:
        super().__init__(upload, title, MaskTables())

    def image(self, path: str, size: Size | None) -> ImageMasks:
        return ImageMasks(path, size)

    def add(self, image: ImageMasks, shape: Shape, drawn: Size, scale: Scale) -> Taken:
        if shape.is_box:
            return "passed over"
        size = image.size or drawn
        if max(size[0] * size[1], drawn[0] * drawn[1]) > MAX_PIXELS:
            return "unreadable"
        runs = _runs(shape, drawn, size, scale)
        if runs is None:
            return "unreadable"
        image.add(shape.label, runs)
        return "used"

    def conversion(self) -> Conversion:
        return cast(MaskTables, self.tables).conversion(self.title)


def _runs(shape: Shape, drawn: Size, size: Size, scale: Scale) -> Runs | None:
    """The pixels of a shape in a picture of `size`; None if it has none that can be read."""
    if shape.outline is not None:
        corners = [value * scale[place % 2] for place, value in enumerate(shape.outline)]
        try:
            return polygon_runs([corners], *size)
        except PolygonError:
            return None
    runs = shape.runs(*drawn) if shape.runs is not None else None
    return runs if runs is None or scale == ONE else resized_runs(runs, drawn, size)
