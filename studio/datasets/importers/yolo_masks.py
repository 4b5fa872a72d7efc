"""YOLO segmentation: a line is a class, then the corners of a polygon as shares of the image: x1 y1 x2 y2 x3 y3 ..."""

from collections.abc import Sequence

from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.mask_tables import ImageMasks, MaskTables
from studio.datasets.importers.upload import Upload
from studio.datasets.importers.yolo_labels import BOX, LabelFiles, LineError, fractions, recognise_labels, within
from studio.datasets.importers.yolo_splits import key_point_numbers
from studio.datasets.masks.polygons import LEAST_NUMBERS, PolygonError, polygon_runs

SURE = 0.94


def recognise(upload: Upload) -> Recognition | None:
    """Text files named as images, whose lines are a class and a polygon."""
    if key_point_numbers(upload):
        return None
    return recognise_labels(upload, _are_polygons, "polygons", SURE)


def _are_polygons(counts: Sequence[int]) -> bool:
    """Whether some are, and none is a box: a polygon has a box around it, but a box has no shape."""
    return BOX not in counts and any(count >= LEAST_NUMBERS and count % 2 == 0 for count in counts)


def read(upload: Upload) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if the class names cannot be read, or there is no label file.
        FindingsError: if no image with a mask is left.
    """
    tables = MaskTables()
    _PolygonFiles(upload, tables).read()
    return tables.conversion("YOLO")


YOLO_MASKS = DatasetFormat(
    "yolo",
    "YOLO segmentation",
    "One text file of polygons per image, and data.yaml or classes.txt with the class names.",
    recognise,
    read,
    medium="image",
    written_by="Ultralytics segmentation, Roboflow, turned boxes (OBB)",
    corrected="shares a hair beyond the border cut",
    left_out="images with a line that is no polygon; label files without image",
)


class _PolygonFiles(LabelFiles[ImageMasks, list[float]]):
    line_words = "a polygon"
    line_fix = "Write: class x1 y1 x2 y2 x3 y3 ..., fractions from 0 to 1 with a decimal point."
    line_expected = "a class index and three or more corners as fractions from 0 to 1 in every line"

    def image(self, path: str) -> ImageMasks:
        return ImageMasks(path)

    def shape(self, words: Sequence[str]) -> list[float]:
        """The corners as shares of the image."""
        if len(words) < LEAST_NUMBERS or len(words) % 2:
            raise LineError(f"{len(words)} numbers are no corners of a polygon")
        return [within(share) for share in fractions(words)]

    def add(self, image: ImageMasks, name: str, shape: list[float], size: tuple[int, int]) -> None:
        width, height = size
        corners = [share * side for share, side in zip(shape, (width, height) * (len(shape) // 2), strict=True)]
        try:
            image.add(name, polygon_runs([corners], width, height))
        except PolygonError as error:
            raise LineError(str(error)) from None
