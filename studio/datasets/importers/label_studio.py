"""Label Studio: its JSON and JSON-MIN exports with boxes, polygons, ellipses and brush strokes on images.

Places are hundredths of the image's sides; what is turned is turned clockwise, a box around its left upper corner. Of
several annotations of an image the first that was not cancelled is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from studio.datasets.importers.drawn.drawn_boxes import DrawnBoxes
from studio.datasets.importers.drawn.drawn_images import DrawnImages
from studio.datasets.importers.drawn.drawn_masks import MAX_PIXELS, DrawnMasks
from studio.datasets.importers.drawn.shapes import DrawnImage, Outline, Shape, State, ellipse, numbers, rectangle
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.json_file import read_document
from studio.datasets.importers.picture_size import Size
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.brush import BrushError, decode_brush
from studio.datasets.masks.run_lengths import encode
from studio.errors import DatasetError
from studio.files import overlapping_chunks

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

TITLE = "Label Studio"
MAX_BYTES = 768 << 20
SURE, SURE_BOXES, LESS_SURE = 0.95, 0.96, 0.87
_BRUSH, _POLYGON, _BOX, _ELLIPSE = "brushlabels", "polygonlabels", "rectanglelabels", "ellipselabels"
_OVERLAP = 32
"""Bytes of a chunk that are looked at with the next one: no word is longer."""
_KINDS = (_BRUSH, _POLYGON, _BOX, _ELLIPSE)
_MASKS = (_BRUSH, _POLYGON, _ELLIPSE)


def recognise_masks(upload: Upload) -> Recognition | None:
    """JSON files of Label Studio with brush strokes, polygons or ellipses."""
    return _recognised(upload, _MASKS, "masks", SURE)


def recognise_boxes(upload: Upload) -> Recognition | None:
    """JSON files of Label Studio with boxes; surer where no shapes are among them, which are more than boxes."""
    return _recognised(upload, _MASKS, "shapes", LESS_SURE) or _recognised(upload, (_BOX,), "boxes", SURE_BOXES)


def read(upload: Upload, *, kind: Callable[[Upload, str], DrawnImages[Any]]) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if no file is JSON of Label Studio, or one is damaged.
        FindingsError: if no image with anything on it is left.
    """
    files = _files(upload, _KINDS)
    if not files:
        raise DatasetError(
            "There is no JSON file of Label Studio with boxes or masks in the upload.",
            hint="Export as JSON, and add the images.",
            code="no_label_studio",
            found="no such .json file",
            expected=f"a JSON file with {' or '.join(_KINDS)}",
        )
    found = kind(upload, TITLE)
    return found.read(_image(upload, task, path) for path in files for task in _tasks(upload, path, found))


LABEL_STUDIO = DatasetFormat(
    "label_studio",
    TITLE,
    "A JSON export of Label Studio with boxes, polygons, ellipses or brush strokes, beside the images.",
    recognise_masks,
    partial(read, kind=DrawnMasks),
    medium="image",
    written_by="Label Studio JSON, JSON-MIN",
    corrected="names in any spelling, with and without the letters before uploaded names; hulls and scaling as for "
    "CVAT; the first of several annotations",
    left_out="images that are absent, cancelled or not annotated, or with nothing of use; sizes of another ratio",
)
LABEL_STUDIO_BOXES = replace(LABEL_STUDIO, recognise=recognise_boxes, read=partial(read, kind=DrawnBoxes))


def _recognised(upload: Upload, kinds: Sequence[str], what: str, confidence: float) -> Recognition | None:
    found = _files(upload, kinds)
    reason = f"{', '.join(found[:4])}: JSON of Label Studio with {what}"
    return Recognition(confidence, (reason,)) if found else None


def _files(upload: Upload, kinds: Sequence[str]) -> list[str]:
    return [path for path in upload.with_ending(".json") if _holds(upload, path, kinds)]


def _holds(upload: Upload, path: str, kinds: Sequence[str]) -> bool:
    """Whether a file is a list in which one of these kinds of labels stands."""
    words = [f'"{kind}"'.encode() for kind in kinds]
    for number, chunk in enumerate(overlapping_chunks(upload.files / path, _OVERLAP)):
        if number == 0 and chunk.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"[":
            return False
        if any(word in chunk for word in words):
            return True
    return False


def _tasks(upload: Upload, path: str, found: DrawnImages[Any]) -> Iterator[Mapping[str, Any]]:
    document = read_document(upload, path, "label_studio", MAX_BYTES, "export it in parts")
    for task in document if isinstance(document, list) else []:
        if isinstance(task, dict):
            yield task
        else:
            found.note("drawn_mask", f"{path}: {str(task)[:40]} where a task should be")


def _image(upload: Upload, task: Mapping[str, Any], path: str) -> DrawnImage:
    regions, state, annotations = _regions(task)
    size = next((size for region in regions if (size := _size(region)) is not None), None)
    shapes = [_shape(region, size) for region in regions]
    return DrawnImage(_name(upload, task, path), path, size, shapes, state=state, annotations=annotations)


def _name(upload: Upload, task: Mapping[str, Any], path: str) -> str:
    """The name of a task's image that is in the upload; else the first that it gives."""
    data = task.get("data")
    values = [*(data.values() if isinstance(data, dict) else ()), task.get("image"), task.get("file_upload")]
    names = [value for value in values if isinstance(value, str) and value]
    found = next((name for name in names if upload.images.named(name, path) is not None), None)
    return found or next(iter(names), "(no image)")


def _regions(task: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], State, int]:
    """What is drawn in a task of either export, whether it counts, and how many people drew."""
    annotations = task.get("annotations")
    if not isinstance(annotations, list):
        found = [one for values in task.values() if isinstance(values, list) for one in values]
        regions: list[Mapping[str, Any]] = [one for one in found if isinstance(one, dict) and "original_width" in one]
        is_seen = bool(found) or "annotation_id" in task or any(isinstance(one, list) for one in task.values())
        return regions, "annotated" if is_seen else "unannotated", 1
    taken = [one for one in annotations if isinstance(one, dict) and not one.get("was_cancelled")]
    if not taken:
        return [], "rejected" if annotations else "unannotated", 0
    results = taken[0].get("result")
    values = [(one, one.get("value")) for one in results or () if isinstance(one, dict)]
    drawn: list[Mapping[str, Any]] = [{**one, **value} for one, value in values if isinstance(value, dict)]
    return drawn, "annotated", len(taken)


def _shape(region: Mapping[str, Any], size: Size | None) -> Shape:
    kind = next((kind for kind in _KINDS if kind in region), None)
    if kind is None:
        return Shape("", str(region.get("type", "a region"))[:40])
    labels = region[kind] if isinstance(region[kind], list) and region[kind] else [""]
    label = str(labels[0]).strip()
    if size is None or _size(region) != size:
        return Shape(label, kind, problem="(without the size that it was drawn on)")
    if kind == _BRUSH:
        return Shape(label, kind, runs=partial(_brush_runs, region))
    outline = _outline(kind, region, size)
    is_box = kind == _BOX and not region.get("rotation")
    return Shape(label, kind, outline, is_box=is_box, problem="" if outline else "(places that are none)")


def _outline(kind: str, region: Mapping[str, Any], size: Size) -> Outline | None:
    across, down = size[0] / 100, size[1] / 100
    degrees = (numbers([region.get("rotation") or 0]) or [0.0])[0]
    if kind == _POLYGON:
        points = region.get("points")
        if not isinstance(points, list) or not all(isinstance(one, list) and len(one) == 2 for one in points):
            return None
        found = numbers(value for point in points for value in point)
        if found is None or len(points) < 3:
            return None
        return tuple(value * (down if place % 2 else across) for place, value in enumerate(found))
    sides = ("x", "y", "width", "height") if kind == _BOX else ("x", "y", "radiusX", "radiusY")
    found = numbers(region.get(side) for side in sides)
    if found is None:
        return None
    x, y, wide, high = found[0] * across, found[1] * down, found[2] * across, found[3] * down
    return rectangle(x, y, wide, high, degrees) if kind == _BOX else ellipse(x, y, wide, high, degrees)


def _brush_runs(region: Mapping[str, Any], width: int, height: int) -> Runs | None:
    data = region.get("rle")
    if not isinstance(data, list) or width * height > MAX_PIXELS:
        return None
    try:
        return encode(decode_brush(data, width, height))
    except BrushError:
        return None


def _size(region: Mapping[str, Any]) -> Size | None:
    width, height = region.get("original_width"), region.get("original_height")
    is_size = all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in (width, height))
    return (int(width), int(height)) if is_size and width and height else None
