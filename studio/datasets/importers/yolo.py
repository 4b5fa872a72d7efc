"""YOLO boxes: a line is a class, then centre, width and height as shares of the image.

Shares are written with six decimals, so corners are kept to a hundredth of a pixel.
"""

from collections.abc import Sequence

from studio.datasets.importers.box_tables import BoxesXYXY, BoxTables, ImageBoxes
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.upload import Upload
from studio.datasets.importers.yolo_labels import BOX, LabelFiles, LineError, fractions, recognise_labels, within
from studio.datasets.masks.polygons import LEAST_NUMBERS

DECIMALS = 2


def recognise(upload: Upload) -> Recognition | None:
    """Text files named as images, whose lines are a class and four numbers."""
    return recognise_labels(upload, _are_boxes, "boxes", 0.93)


def _are_boxes(counts: Sequence[int]) -> bool:
    """Whether boxes are among the lines; with key points or polygons they count as well."""
    return any(count in (BOX, BOX + 1) for count in counts) or any(count > BOX and count % 2 == 0 for count in counts)


def read(upload: Upload) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if the class names cannot be read, or there is no label file.
        FindingsError: if no image is left.
    """
    tables = BoxTables()
    _BoxFiles(upload, tables).read()
    return tables.conversion("YOLO")


YOLO = DatasetFormat(
    "yolo",
    "YOLO",
    "One text file per image, and data.yaml or classes.txt with the class names.",
    recognise,
    read,
    written_by="Ultralytics, Darknet, Roboflow, CVAT, Label Studio",
    corrected="polygons and turned boxes become their hull; key points and confidences passed over; class numbers "
    "with exponents; shares a hair beyond the border cut",
    left_out="label files without image; images with a line that is no box, or a class without a name",
)


class _BoxFiles(LabelFiles[ImageBoxes, BoxesXYXY]):
    line_words = "a box"
    line_fix = "Write: class x_centre y_centre width height, fractions from 0 to 1 with a decimal point."
    line_expected = "a class index and four fractions from 0 to 1 in every line"

    def image(self, path: str) -> ImageBoxes:
        return ImageBoxes(path)

    def shape(self, words: Sequence[str]) -> BoxesXYXY:
        """Corners as shares of the image: of the box, or of what lies around a polygon."""
        if self.key_points and len(words) == BOX + self.key_points:
            self._note("yolo_extra", f"{self.key_points} numbers of key points")
            words = words[:BOX]
        elif len(words) == BOX + 1:
            self._note("yolo_extra", f"a confidence of {words[BOX][:20]}")
            words = words[:BOX]
        if len(words) == BOX:
            x, y, width, height = fractions(words)
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        elif len(words) >= LEAST_NUMBERS and len(words) % 2 == 0:
            shares = fractions(words)
            xs, ys = shares[0::2], shares[1::2]
            corners = (min(xs), min(ys), max(xs), max(ys))
            self._note("yolo_extra", f"a polygon of {len(xs)} corners")
        else:
            raise LineError(f"{len(words) + 1} values in place of 5")
        left, top, right, bottom = cut = tuple(within(share) for share in corners)
        if cut != corners:
            self._note("yolo_border", " ".join(words))
        return left, top, right, bottom

    def add(self, image: ImageBoxes, name: str, shape: BoxesXYXY, size: tuple[int, int]) -> None:
        across, down = size
        left, top, right, bottom = shape
        image.add(
            name,
            (
                round(left * across, DECIMALS),
                round(top * down, DECIMALS),
                round(right * across, DECIMALS),
                round(bottom * down, DECIMALS),
            ),
        )
