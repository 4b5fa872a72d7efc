"""CVAT for images 1.1: an XML file with an element an image, and in it boxes, polygons, ellipses and masks.

CVAT for video 1.1 has the same shapes in tracks (`cvat_tracks`).

A mask has its own box (left, top, width, height) and run lengths along the rows of that box: pixels outside, inside,
outside and so on. Corners are pixels from the corner of the image. An image may name its split as its `subset`. A
box or an ellipse may be turned around its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from studio.datasets.importers.cvat_tracks import tracked_frames
from studio.datasets.importers.drawn.drawn_boxes import DrawnBoxes
from studio.datasets.importers.drawn.drawn_images import DrawnImages
from studio.datasets.importers.drawn.drawn_masks import DrawnMasks
from studio.datasets.importers.drawn.shapes import (
    DrawnImage,
    Outline,
    Shape,
    centred_rectangle,
    ellipse,
    numbers,
    rectangle,
)
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.upload import Upload
from studio.datasets.importers.xml_file import XmlError, parse_xml
from studio.datasets.masks.run_lengths import encode
from studio.datasets.uploads.roles import role_by_name
from studio.errors import DatasetError
from studio.files import overlapping_chunks, read_head
from studio.on_demand import np

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

TITLE = "CVAT"
MAX_BYTES = 256 << 20
SURE, SURE_BOXES, LESS_SURE = 0.93, 0.94, 0.85
_HEAD_BYTES, _OVERLAP = 4096, 16
_BOX, _SHAPES = (b"<box ",), (b"<polygon ", b"<mask ", b"<ellipse ")


def recognise_masks(upload: Upload) -> Recognition | None:
    """XML files of CVAT with polygons, ellipses or masks of images."""
    return _recognised(upload, _SHAPES, SURE)


def recognise_boxes(upload: Upload) -> Recognition | None:
    """XML files of CVAT with boxes of images; surer where no shapes are among them, which are more than boxes."""
    return _recognised(upload, _SHAPES, LESS_SURE) or _recognised(upload, _BOX, SURE_BOXES)


def read(upload: Upload, *, kind: Callable[[Upload, str], DrawnImages[Any]]) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if no file is XML of CVAT, or one is damaged.
        FindingsError: if no image with anything on it is left.
    """
    files = _files(upload, (*_BOX, *_SHAPES))
    if not files:
        raise DatasetError(
            "There is no XML file of CVAT with boxes, polygons or masks in the upload.",
            hint="Export as CVAT for images 1.1 or CVAT for video 1.1, and add the images.",
            code="no_cvat",
            found="no such .xml file",
            expected="an XML file with <annotations> and <image> or <track>",
        )
    return kind(upload, TITLE).read(image for path in files for image in _images(upload, path))


CVAT = DatasetFormat(
    "cvat",
    TITLE,
    "An XML file of CVAT with boxes, polygons, ellipses or masks, beside the images.",
    recognise_masks,
    partial(read, kind=DrawnMasks),
    medium="image",
    written_by="CVAT for images 1.1, CVAT for video 1.1",
    corrected="names in any spelling; for boxes, polygons, ellipses, masks and turned boxes become their hull; what "
    "is drawn at another size of the same ratio is scaled",
    left_out="absent images; images with a shape that cannot be read, or with nothing of use; sizes of another ratio",
)
CVAT_BOXES = replace(CVAT, recognise=recognise_boxes, read=partial(read, kind=DrawnBoxes))


def _recognised(upload: Upload, words: Sequence[bytes], confidence: float) -> Recognition | None:
    found = _files(upload, words)
    kinds = ", ".join(word.decode().strip("< ") for word in words)
    reason = f"{', '.join(found[:4])}: XML of CVAT with {kinds}"
    return Recognition(confidence, (reason,)) if found else None


def _files(upload: Upload, words: Sequence[bytes]) -> list[str]:
    return [
        path
        for path in upload.with_ending(".xml")
        if b"<annotations" in read_head(upload.files / path, _HEAD_BYTES) and _holds(upload.files / path, words)
    ]


def _holds(path: Path, words: Sequence[bytes]) -> bool:
    """Whether one of these words, and an image or a track, stand in a file."""
    has_image = False
    for chunk in overlapping_chunks(path, _OVERLAP):
        has_image = has_image or b"<image " in chunk or b"<track " in chunk
        if has_image and any(word in chunk for word in words):
            return True
    return False


def _images(upload: Upload, path: str) -> Iterator[DrawnImage]:
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
        width, height = (_whole(element.get(side)) for side in ("width", "height"))
        yield DrawnImage(
            (element.get("name") or "").strip() or "(no name)",
            path,
            (width, height) if width and height else None,
            [_shape(one) for one in element],
            role_by_name(element.get("subset") or ""),
        )
    yield from tracked_frames(root, path, upload.images, _shape)


def _shape(element: Element) -> Shape:
    label, word = (element.get("label") or "").strip(), str(element.tag)
    if word == "mask":
        return Shape(label, word, runs=partial(_mask_runs, element))
    outline = _outline(element)
    if outline is not None and len(outline) < 6:
        return Shape(label, word, problem=f"({len(outline) // 2} corners)")
    is_read = outline is not None or word not in ("box", "polygon", "ellipse")
    is_box = word == "box" and not _turn(element)
    return Shape(label, word, outline, is_box=is_box, problem="" if is_read else "(numbers that are none)")


def _outline(element: Element) -> Outline | None:
    match element.tag:
        case "box":
            sides = numbers(element.get(side) for side in ("xtl", "ytl", "xbr", "ybr"))
            if sides is None:
                return None
            left, top, right, bottom = sides
            if not _turn(element):
                return rectangle(left, top, right - left, bottom - top)
            middle = (left + right) / 2, (top + bottom) / 2
            return centred_rectangle(*middle, right - left, bottom - top, _turn(element))
        case "ellipse":
            found = numbers(element.get(side) for side in ("cx", "cy", "rx", "ry"))
            return None if found is None else ellipse(found[0], found[1], found[2], found[3], _turn(element))
        case "polygon":
            corners = numbers((element.get("points") or "").replace(";", ",").split(","))
            return None if corners is None or len(corners) % 2 else tuple(corners)
        case _:
            return None


def _turn(element: Element) -> float:
    """Degrees clockwise."""
    return (numbers([element.get("rotation") or 0]) or [0.0])[0]


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
