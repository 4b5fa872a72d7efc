"""CVAT for images 1.1: an XML file with an element an image, and in it polygons and masks.

A mask has its own box (left, top, width, height) and run lengths along the rows of that box: pixels outside, inside,
outside and so on. Corners are pixels from the corner of the image. An image may name its split as its `subset`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from studio.datasets.importers.drawn_masks import DrawnMasks
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.mask_tables import ImageMasks
from studio.datasets.importers.upload import Upload
from studio.datasets.importers.xml_file import XmlError, parse_xml
from studio.datasets.masks.run_lengths import encode
from studio.datasets.uploads.roles import role_by_name
from studio.errors import DatasetError
from studio.files import CHUNK_BYTES, read_head
from studio.on_demand import np

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

TITLE = "CVAT for images"
MAX_BYTES = 256 << 20
SURE = 0.93
_HEAD_BYTES = 4096


def recognise(upload: Upload) -> Recognition | None:
    """XML files of CVAT with polygons or masks of images."""
    found = _files(upload)
    return Recognition(SURE, (f"{', '.join(found[:4])}: XML of CVAT with polygons or masks",)) if found else None


def read(upload: Upload) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if no file is XML of CVAT, or one is damaged.
        FindingsError: if no image with a mask is left.
    """
    files = _files(upload)
    if not files:
        raise DatasetError(
            "There is no XML file of CVAT with polygons or masks in the upload.",
            hint="Export as CVAT for images 1.1.",
            code="no_cvat",
            found="no such .xml file",
            expected="an XML file with <annotations> and <image>",
        )
    masks = DrawnMasks(upload, TITLE)
    for path in files:
        try:
            root = parse_xml(upload.files / path, MAX_BYTES)
        except XmlError as error:
            raise DatasetError(
                f"{path} cannot be read ({error}).",
                hint="Export it again.",
                code="cvat",
                found=str(error)[:120],
                expected=f"whole XML of at most {MAX_BYTES >> 20} MiB without a document type",
            ) from None
        for element in root.iter("image"):
            _read_image(masks, element, path)
    return masks.conversion()


CVAT = DatasetFormat(
    "cvat", TITLE, "An XML file of CVAT with polygons or masks, beside the images.", recognise, read, medium="image"
)


def _files(upload: Upload) -> list[str]:
    paths = upload.with_ending(".xml")
    return [
        path
        for path in paths
        if b"<annotations" in read_head(upload.files / path, _HEAD_BYTES) and _has_masks(upload.files / path)
    ]


def _has_masks(path: Path) -> bool:
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if any(word in tail + chunk for word in (b"<polygon ", b"<mask ")):
                return True
            tail = chunk[-16:]
    return False


def _read_image(masks: DrawnMasks, element: Element, path: str) -> None:
    name = (element.get("name") or "").strip()
    width, height = (_whole(element.get(side)) for side in ("width", "height"))
    image = masks.open(name or "(no name)", path, (width, height) if width and height else None)
    if image is None:
        return
    for shape in element:
        if shape.tag not in ("polygon", "mask"):
            masks.note("other_shapes", f"{name}: {shape.tag}")
        elif not _add(masks, image, shape):
            return
    masks.keep(image, role_by_name(element.get("subset") or ""))


def _add(masks: DrawnMasks, image: ImageMasks, shape: Element) -> bool:
    label = (shape.get("label") or "").strip()
    if shape.tag == "mask":
        runs = None if image.size is None else _mask_runs(shape, *image.size)
        if runs is not None:
            return masks.add(image, label, runs)
    else:
        try:
            pairs = (shape.get("points") or "").replace(";", ",").split(",")
            return masks.add_polygon(image, label, [float(number) for number in pairs])
        except ValueError:
            pass
    masks.note("drawn_mask", f"{image.path}: {shape.tag} of {label[:40] or 'no class'}")
    return False


def _mask_runs(shape: Element, width: int, height: int) -> Runs | None:
    """The runs of a mask in its image, which cuts off what lies beyond; None if it is none."""
    left, top, across, down = (_whole(shape.get(side)) for side in ("left", "top", "width", "height"))
    words = (shape.get("rle") or "").replace(",", " ").split()
    if left is None or top is None or not across or not down or not all(word.isdecimal() for word in words):
        return None
    if across > width or down > height or any(len(word) > 9 for word in words):
        return None
    counts = np.array(words, dtype=np.int64)
    if int(counts.sum()) != across * down:
        return None
    box = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(down, across)
    mask = np.zeros((height, width), dtype=bool)
    rows, columns = slice(max(0, top), max(0, top + down)), slice(max(0, left), max(0, left + across))
    seen = mask[rows, columns]
    above, before = max(0, -top), max(0, -left)
    mask[rows, columns] = box[above : above + seen.shape[0], before : before + seen.shape[1]]
    return encode(mask)


def _whole(text: str | None) -> int | None:
    """A whole number that a text is, of at most 9 digits."""
    plain = (text or "").strip().removesuffix(".0")
    digits = plain.removeprefix("-")
    return int(plain) if digits.isdecimal() and digits.isascii() and len(digits) < 10 else None
