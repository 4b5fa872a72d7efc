"""Label Studio: its JSON and JSON-MIN exports with brush strokes and polygons.

Corners of polygons are hundredths of the image's sides. An image is found by the last part of its address, with and
without the letters that Label Studio puts before uploaded names. Of several annotations of an image the first that was
not cancelled is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from studio.datasets.importers.drawn_masks import MAX_PIXELS, DrawnMasks
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.mask_tables import ImageMasks
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.brush import BrushError, decode_brush
from studio.datasets.masks.run_lengths import encode
from studio.errors import DatasetError
from studio.files import CHUNK_BYTES
from studio.json_text import parse_json

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

TITLE = "Label Studio"
MAX_BYTES = 768 << 20
SURE = 0.95
_BRUSH, _POLYGON = "brushlabels", "polygonlabels"
_KINDS = tuple(f'"{kind}"'.encode() for kind in (_BRUSH, _POLYGON))
_PREFIX = re.compile(r"[0-9a-f]{8}-")


def recognise(upload: Upload) -> Recognition | None:
    """JSON files of Label Studio with brush strokes or polygons."""
    found = _files(upload)
    return Recognition(SURE, (f"{', '.join(found[:4])}: JSON of Label Studio with masks",)) if found else None


def read(upload: Upload) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if no file is JSON of Label Studio, or one is damaged.
        FindingsError: if no image with a mask is left.
    """
    files = _files(upload)
    if not files:
        raise DatasetError(
            "There is no JSON file of Label Studio with masks in the upload.",
            hint="Export as JSON, and add the images.",
            code="no_label_studio",
            found="no such .json file",
            expected="a JSON file with brushlabels or polygonlabels",
        )
    masks = DrawnMasks(upload, TITLE)
    for path in files:
        for task in _tasks(upload, path):
            _read_task(masks, task, path)
    return masks.conversion()


LABEL_STUDIO = DatasetFormat(
    "label_studio",
    TITLE,
    "A JSON export of Label Studio with brush strokes or polygons, beside the images.",
    recognise,
    read,
    medium="image",
)


def _files(upload: Upload) -> list[str]:
    return [path for path in upload.with_ending(".json") if _holds_masks(upload, path)]


def _holds_masks(upload: Upload, path: str) -> bool:
    tail = b""
    with (upload.files / path).open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if not tail and chunk.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"[":
                return False
            if any(kind in tail + chunk for kind in _KINDS):
                return True
            tail = chunk[-32:]
    return False


def _tasks(upload: Upload, path: str) -> list[Any]:
    file = upload.files / path
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ValueError(f"{file.stat().st_size / 1e6:,.0f} MB")
        document = parse_json(file.read_bytes())
        if not isinstance(document, list):
            raise ValueError("no list of tasks")
    except ValueError as error:
        raise DatasetError(
            f"{path} cannot be read as an export of Label Studio ({str(error)[:120]}).",
            hint="Export it again.",
            code="label_studio",
            found=str(error)[:120],
            expected=f"a JSON list of tasks of at most {MAX_BYTES >> 20} MiB",
        ) from None
    return document


def _read_task(masks: DrawnMasks, task: Any, path: str) -> None:
    if not isinstance(task, dict):
        masks.note("drawn_mask", f"{path}: {str(task)[:40]} where a task should be")
        return
    name = _image_name(masks, task, path)
    regions = list(_regions(masks, task, name))
    drawn = next((size for region in regions if (size := _size(region)) is not None), None)
    image = masks.open(name, path, drawn)
    if image is not None and all(_add(masks, image, region) for region in regions):
        masks.keep(image)


def _image_name(masks: DrawnMasks, task: Mapping[str, Any], path: str) -> str:
    """The name of a task's image in the upload; else the one that it gives."""
    data = task.get("data")
    values = [*(data.values() if isinstance(data, dict) else ()), task.get("image"), task.get("file_upload")]
    names = [unquote(value.replace("\\", "/").rpartition("/")[2].rpartition("=")[2]) for value in values
             if isinstance(value, str) and value]  # fmt: skip
    tried = [*names, *(_PREFIX.sub("", name, count=1) for name in names)]
    found = next((name for name in tried if masks.upload.images.named(name, path) is not None), None)
    return found or next(iter(names), "(no image)")


def _regions(masks: DrawnMasks, task: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """What is drawn in a task: of both exports as one mapping with its numbers, labels and sizes."""
    annotations = task.get("annotations")
    if isinstance(annotations, list):
        taken = [one for one in annotations if isinstance(one, dict) and not one.get("was_cancelled")]
        if len(taken) > 1:
            masks.note("other_annotators", name)
        results = taken[0].get("result") if taken else []
        for result in results if isinstance(results, list) else []:
            value = result.get("value") if isinstance(result, dict) else None
            if isinstance(value, dict):
                yield {**result, **value}
        return
    for values in task.values():
        for value in values if isinstance(values, list) else []:
            if isinstance(value, dict) and "original_width" in value:
                yield value


def _add(masks: DrawnMasks, image: ImageMasks, region: Mapping[str, Any]) -> bool:
    kind = next((kind for kind in (_BRUSH, _POLYGON) if kind in region), None)
    if kind is None:
        masks.note("other_shapes", f"{image.path}: {str(region.get('type', 'a region'))[:40]}")
        return True
    labels = region[kind] if isinstance(region[kind], list) and region[kind] else [""]
    size = _size(region)
    if size is None or size != image.size:
        masks.note("mask_size", f"{image.path}: {size and f'{size[0]} x {size[1]}'} pixels")
        return False
    if kind == _BRUSH:
        runs = _brush_runs(region, *size)
        if runs is not None:
            return all(masks.add(image, str(label).strip(), runs) for label in labels)
    else:
        corners = _corners(region.get("points"), *size)
        if corners is not None:
            return all(masks.add_polygon(image, str(label).strip(), corners) for label in labels)
    masks.note("drawn_mask", f"{image.path}: {kind} of {str(labels[0])[:40] or 'no class'}")
    return False


def _brush_runs(region: Mapping[str, Any], width: int, height: int) -> Runs | None:
    data = region.get("rle")
    if not isinstance(data, list) or width * height > MAX_PIXELS:
        return None
    try:
        return encode(decode_brush(data, width, height))
    except BrushError:
        return None


def _corners(points: Any, width: int, height: int) -> list[float] | None:
    if not isinstance(points, list) or not all(isinstance(one, list) and len(one) == 2 for one in points):
        return None
    numbers = [value for point in points for value in point]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < 1e9 for one in numbers):
        return None
    return [value * side / 100 for value, side in zip(numbers, (width, height) * len(points), strict=True)]


def _size(region: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = region.get("original_width"), region.get("original_height")
    is_size = all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in (width, height))
    return (int(width), int(height)) if is_size and width and height else None
