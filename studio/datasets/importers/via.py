"""VGG Image Annotator: JSON, project files (of versions 2 and 3) and CSV with regions of images.

A region has the attributes of its shape (rect, polygon, circle, ellipse, ...) in pixels, and attributes of its own, one
of which is the class: the one that is called so, else the one that most regions have.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from studio.datasets.formatting import listed
from studio.datasets.importers.drawn.drawn_boxes import DrawnBoxes
from studio.datasets.importers.drawn.drawn_images import DrawnImages
from studio.datasets.importers.drawn.drawn_masks import DrawnMasks
from studio.datasets.importers.drawn.shapes import DrawnImage, Outline, Shape, ellipse, numbers, rectangle
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.json_file import holds_keys, read_document
from studio.datasets.importers.upload import Upload
from studio.datasets.importers.via_project import KEYS, entries, is_project
from studio.datasets.tables.box_columns import CLASS_WORDS
from studio.datasets.tables.csv_rows import parsed_rows
from studio.datasets.texts.text_file import decode_text
from studio.errors import DatasetError
from studio.files import read_head
from studio.json_text import parse_json
from studio.settings.finding import FindingLevel

TITLE = "VGG Image Annotator"
MAX_BYTES = 256 << 20
SURE, LESS_SURE = 0.985, 0.86
OBJECT = "object"
"""The class where no region has an attribute."""
_KEYS = (b'"shape_attributes"', b'"region_attributes"', b'"filename"')
_COLUMNS = ("filename", "region_shape_attributes", "region_attributes")
_SHAPES = ("polygon", "circle", "ellipse")
_SIDES = {"rect": ("x", "y", "width", "height"), "circle": ("cx", "cy", "r", "r"), "ellipse": ("cx", "cy", "rx", "ry")}
_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Region:
    """A region of an image: the attributes of its shape, and its own."""

    shape: Mapping[str, Any]
    attributes: Mapping[str, Any]


Images = dict[str, list[Region]]
"""The regions of every image, by its name."""


def recognise_masks(upload: Upload) -> Recognition | None:
    """Files of VIA in which some regions are polygons, circles or ellipses."""
    found = _files(upload)
    return _recognition(found, "shapes", SURE) if found and _has_shapes(upload, found) else None


def recognise_boxes(upload: Upload) -> Recognition | None:
    """Files of VIA; surer where all regions are rectangles."""
    found = _files(upload)
    if not found:
        return None
    has_shapes = _has_shapes(upload, found)
    return _recognition(found, "shapes" if has_shapes else "rectangles", LESS_SURE if has_shapes else SURE)


def read(upload: Upload, *, kind: Callable[[Upload, str], DrawnImages[Any]]) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if no file is one of VIA, or one is damaged.
        FindingsError: if no image with anything on it is left.
    """
    files = _files(upload)
    if not files:
        raise DatasetError(
            "There is no file of VGG Image Annotator in the upload.",
            hint="Export annotations as JSON or CSV, and add the images.",
            code="no_via",
            found=listed(upload.with_ending(".json", ".csv")) or "no .json or .csv file",
            expected=f"JSON with regions, or CSV with {', '.join(_COLUMNS)}",
        )
    images = [(path, _images(upload, path)) for path in files]
    key = _class_key([region for _, found in images for regions in found.values() for region in regions])
    drawn = kind(upload, TITLE)
    if key is None:
        drawn.tables.report(
            "no_class_names",
            files[0],
            f"No region has an attribute; all are called {OBJECT}.",
            "",
            [files[0]],
            FindingLevel.NOTE,
            expected="an attribute that says the class",
            found="regions without attributes",
        )
    return drawn.read(
        DrawnImage(name, path, None, [_shape(region, key) for region in regions])
        for path, found in images
        for name, regions in found.items()
    )


VIA = DatasetFormat(
    "via",
    TITLE,
    "JSON or CSV of VGG Image Annotator with the regions of images, beside the images.",
    recognise_masks,
    partial(read, kind=DrawnMasks),
    medium="image",
    written_by="VGG Image Annotator 2: JSON, project, CSV; version 3: project",
    corrected="names in any spelling; the class is the attribute called so, else the most frequent; circles and "
    "ellipses become polygons, all become their hull for boxes",
    left_out="absent images; images with a region that cannot be read, or with points and lines alone",
)
VIA_BOXES = replace(VIA, recognise=recognise_boxes, read=partial(read, kind=DrawnBoxes))


def _recognition(files: Sequence[str], what: str, confidence: float) -> Recognition:
    return Recognition(confidence, (f"{', '.join(files[:4])}: regions of {TITLE}, {what}",))


def _files(upload: Upload) -> list[str]:
    documents = [path for path in upload.with_ending(".json") if _is_json(upload, path)]
    tables = [path for path in upload.with_ending(".csv") if _is_csv(upload, path)]
    return [*documents, *tables]


def _is_json(upload: Upload, path: str) -> bool:
    return any(holds_keys(upload.files / path, keys) for keys in (_KEYS, KEYS))


def _is_csv(upload: Upload, path: str) -> bool:
    line = read_head(upload.files / path, _HEAD_BYTES).decode("utf-8-sig", "replace").partition("\n")[0]
    return all(name in line for name in _COLUMNS)


def _has_shapes(upload: Upload, files: Sequence[str]) -> bool:
    """Whether some region is more than a rectangle; what is damaged is said when it is read."""
    try:
        regions = [one for path in files for found in _images(upload, path).values() for one in found]
    except DatasetError:
        return False
    return any(region.shape.get("name") in _SHAPES for region in regions)


def _images(upload: Upload, path: str) -> Images:
    """The regions of every image that a file names; nothing for one without regions."""
    found: Images = {}
    is_csv = path.lower().endswith(".csv")
    for name, regions in _csv_entries(upload, path) if is_csv else _json_entries(upload, path):
        found.setdefault(name, []).extend(regions)
    return found


def _json_entries(upload: Upload, path: str) -> Iterator[tuple[str, list[Region]]]:
    document = read_document(upload, path, "via", MAX_BYTES, "export it in parts")
    if is_project(document):
        yield from ((name, [Region(*parts) for parts in regions]) for name, regions in entries(document))
        return
    project = document.get("_via_img_metadata") if isinstance(document, dict) else None
    images = project if isinstance(project, dict) else document
    for entry in images.values() if isinstance(images, dict) else images if isinstance(images, list) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("filename"), str):
            continue
        regions = entry.get("regions") or ()
        found = regions.values() if isinstance(regions, dict) else regions
        yield (
            entry["filename"],
            [
                Region(_object(one.get("shape_attributes")), _object(one.get("region_attributes")))
                for one in found
                if isinstance(one, dict)
            ],
        )


def _csv_entries(upload: Upload, path: str) -> Iterator[tuple[str, list[Region]]]:
    text, _ = decode_text(upload.files / path, path)
    header, rows, wrong = parsed_rows(text, ",", path, [])
    if wrong:
        raise DatasetError(
            f"{path}: {len(wrong)} rows have another number of values than the header.",
            hint="Export it again.",
            code="via",
            found=f"{wrong[0][1]} values in row {wrong[0][0]}",
            expected=f"{len(header)} values in every row",
        )
    places = [header.index(column) if column in header else -1 for column in _COLUMNS]
    for row in rows if -1 not in places else ():
        name, *cells = (row[place].strip() for place in places)
        if not name:
            continue
        shape, attributes = map(_parsed, cells)
        # An image without regions has a row with an empty shape; a shape that is no object cannot be read.
        yield name, [] if shape == {} else [Region(shape or {"name": "no object"}, attributes or {})]


def _parsed(cell: str) -> dict[str, Any] | None:
    """The object of a cell, empty for an empty cell; None if it is none."""
    if not cell:
        return {}
    try:
        value = parse_json(cell)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _class_key(regions: Sequence[Region]) -> str | None:
    """The attribute that says the class; None if no region has any."""
    counts = Counter(key for region in regions for key, value in region.attributes.items() if _label(value))
    named = [key for key in counts if key.lower() in CLASS_WORDS]
    return max(named or counts, key=lambda key: counts[key], default=None)


def _label(value: Any) -> str:
    """The class of an attribute: a text, or the first option that is ticked."""
    if isinstance(value, dict):
        return next((str(key).strip() for key, is_ticked in value.items() if is_ticked), "")
    return str(value).strip() if isinstance(value, str | int) else ""


def _shape(region: Region, key: str | None) -> Shape:
    label = OBJECT if key is None else _label(region.attributes.get(key))
    word = str(region.shape.get("name") or "no shape")[:40]
    if word not in ("rect", *_SHAPES):
        is_bad = word == "no object"
        return Shape(label, word, problem="(a cell that is no JSON object)" if is_bad else "")
    outline = _outline(word, region.shape)
    return Shape(label, word, outline, is_box=word == "rect", problem="" if outline else "(numbers that are none)")


def _outline(word: str, shape: Mapping[str, Any]) -> Outline | None:
    if word == "polygon":
        xs, ys = shape.get("all_points_x"), shape.get("all_points_y")
        if not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys) or len(xs) < 3:
            return None
        found = numbers(value for pair in zip(xs, ys, strict=True) for value in pair)
        return None if found is None else tuple(found)
    found = numbers(shape.get(key) for key in _SIDES[word])
    if found is None:
        return None
    if word == "rect":
        return rectangle(found[0], found[1], found[2], found[3])
    turn = (numbers([shape.get("theta") or 0]) or [0.0])[0]
    return ellipse(found[0], found[1], found[2], found[3], math.degrees(turn))
