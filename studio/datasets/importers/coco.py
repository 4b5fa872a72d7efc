"""COCO: JSON files with images, annotations and categories; boxes as x, y, width, height in pixels.

A file's split is in its name (`instances_train2017.json`) or its folder (`valid/_annotations.coco.json`).
Crowd regions are no objects and are left out. A box that is missing is taken from its polygons.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.box_tables import BoxesXYXY, BoxTables, ImageBoxes
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.upload import Upload, role_by_path
from studio.errors import DatasetError
from studio.files import CHUNK_BYTES
from studio.json_text import MAX_DEPTH, DepthError, parse_json
from studio.settings.finding import FindingLevel

MAX_BYTES = 768 << 20
_KEYS = (b'"images"', b'"annotations"', b'"categories"', b'"bbox"')
_OVERLAP = 16


def recognise(upload: Upload) -> Recognition | None:
    """JSON files that name images, annotations, categories and boxes."""
    found = _files(upload)
    if not found:
        return None
    names = ", ".join(found.values())
    return Recognition(0.95, (f"{names}: JSON with images, annotations, categories and bbox",))


def read(upload: Upload) -> Conversion:
    """One table a JSON file.

    Raises:
        DatasetError: if a file is not COCO.
        FindingsError: if no image is left.
    """
    files = _files(upload)
    if not files:
        raise DatasetError(
            "There is no COCO file in the upload.",
            hint="Add a JSON file with images, annotations and categories.",
            code="no_coco",
            found=listed(upload.with_ending(".json")) or "no JSON file",
            expected="a JSON file with images, annotations and categories",
        )
    tables = BoxTables()
    for role, path in files.items():
        _CocoFile(upload, path, role, tables).read()
    others = [path for path in _candidates(upload) if path not in files.values()]
    tables.report(
        "coco_unused",
        others[0] if others else "",
        f"{len(others)} more COCO files describe the same split and are not used.",
        "Keep one file per split.",
        others,
        expected="one file per split",
    )
    return tables.conversion("COCO")


COCO = DatasetFormat(
    "coco", "COCO", "JSON files with images, annotations and categories, next to the images.", recognise, read
)


def _files(upload: Upload) -> dict[TableRole, str]:
    """The file of each split; of several, the one that is named instances."""
    found: dict[TableRole, str] = {}
    for path in sorted(_candidates(upload), key=lambda one: ("instances" not in one.lower(), one)):
        found.setdefault(cast(TableRole, role_by_path(path) or "train"), path)
    return found


def _candidates(upload: Upload) -> list[str]:
    return [path for path in upload.with_ending(".json") if _holds_keys(upload.files / path)]


def _holds_keys(path: Path) -> bool:
    missing, tail = set(_KEYS), b""
    with path.open("rb") as file:
        while missing and (chunk := file.read(CHUNK_BYTES)):
            if not tail and chunk.lstrip()[:1] != b"{" and chunk[:3] != b"\xef\xbb\xbf":
                return False
            missing = {key for key in missing if key not in tail + chunk}
            tail = chunk[-_OVERLAP:]
    return not missing


@dataclass
class _CocoFile:
    """One JSON file on its way into a table. Troubles are gathered by kind and reported once."""

    upload: Upload
    path: str
    role: TableRole
    tables: BoxTables
    troubles: dict[str, list[str]] = field(default_factory=dict)
    left_out: set[Any] = field(default_factory=set)

    def read(self) -> None:
        document = self._document()
        categories = self._categories(document["categories"])
        images = self._images(document["images"])
        self._annotations(document["annotations"], images, categories)
        for id, image in images.items():
            if id not in self.left_out:
                self.tables.add(self.role, image)
        self._report()

    def _document(self) -> dict[str, list[Any]]:
        path = self.upload.files / self.path
        if path.stat().st_size > MAX_BYTES:
            raise DatasetError(
                f"{self.path} has {path.stat().st_size / 1e6:,.0f} MB.",
                hint=f"At most {MAX_BYTES / 1e6:,.0f} MB are read; leave the segmentations out, or split the file.",
                code="coco",
                found=f"{path.stat().st_size / 1e6:,.0f} MB",
                expected=f"at most {MAX_BYTES / 1e6:,.0f} MB",
            )
        try:
            document = parse_json(path.read_bytes(), object_hook=_slim)
        except ValueError as error:
            raise DatasetError(
                f"{self.path} cannot be read as JSON ({str(error)[:120]}).",
                hint="Export it again.",
                code="coco",
                found="damaged JSON" if not isinstance(error, DepthError) else f"more than {MAX_DEPTH} levels",
                expected=f"a whole JSON document of at most {MAX_DEPTH} levels",
            ) from None
        keys = ("images", "annotations", "categories")
        if not isinstance(document, dict) or any(not isinstance(document.get(key), list) for key in keys):
            raise DatasetError(
                f"{self.path} has no lists of images, annotations and categories.",
                hint="Choose the file of instances.",
                code="coco",
                found=f"the keys {listed(document)}" if isinstance(document, dict) and document else "no keys",
                expected=f"lists called {', '.join(keys)}",
            )
        return document

    def _categories(self, entries: list[Any]) -> dict[Any, str]:
        names: dict[Any, str] = {}
        for entry in entries:
            id, name = _get(entry, "id"), _get(entry, "name")
            if not isinstance(id, int) or not isinstance(name, str) or not name.strip():
                self._note("coco_category", f"category {id!r}")
            elif id in names:
                self._note("coco_category", f"duplicate category {id}")
            else:
                names[id] = name.strip()
        return names

    def _images(self, entries: list[Any]) -> dict[Any, ImageBoxes]:
        images: dict[Any, ImageBoxes] = {}
        for entry in entries:
            id, name = _get(entry, "id"), _get(entry, "file_name")
            if not isinstance(id, int | str) or not isinstance(name, str) or not name:
                self._note("coco_image", f"image {id!r} without id or file name")
            elif id in images:
                self._note("coco_image", f"duplicate image id {id}")
            else:
                images[id] = ImageBoxes(self.upload.images.named(name, self.path) or name)
        return images

    def _annotations(self, entries: list[Any], images: dict[Any, ImageBoxes], categories: dict[Any, str]) -> None:
        seen = Counter(_hashable(_get(entry, "id")) for entry in entries)
        for entry in entries:
            id, image_id = _get(entry, "id"), _hashable(_get(entry, "image_id"))
            if id is not None and seen[_hashable(id)] > 1:
                self._note("coco_twice", f"annotation {id}")
            image = images.get(image_id)
            if image is None:
                self._note("coco_no_image", f"annotation {id} of image {image_id}")
                continue
            if _get(entry, "iscrowd") == 1:
                self._note("coco_crowd", image.path)
                continue
            name, corners = categories.get(_hashable(_get(entry, "category_id"))), _corners(entry)
            if name is None:
                self._leave_out("coco_unknown_category", image_id, image, _get(entry, "category_id"))
            elif corners is None:
                self._leave_out("coco_box", image_id, image, _get(entry, "bbox"))
            else:
                image.add(name, corners)

    def _leave_out(self, code: str, image_id: Any, image: ImageBoxes, value: Any) -> None:
        self.left_out.add(image_id)
        self._note(code, f"{image.path}: {'nothing' if value is None else str(value)[:60]}")

    def _note(self, code: str, example: str) -> None:
        self.troubles.setdefault(code, []).append(example)

    def _report(self) -> None:
        for code, words, expected, fix, level in _REPORTS:
            examples = self.troubles.get(code, [])
            self.tables.report(code, self.path, f"{len(examples)} {words}", fix, examples, level, expected=expected)


_WARNING, _NOTE = FindingLevel.WARNING, FindingLevel.NOTE
_REPORTS = (
    (
        "coco_category",
        "categories have no valid id and name and are ignored.",
        "a whole number as id, used once, and a name",
        "Give each its own id.",
        _WARNING,
    ),
    (
        "coco_image",
        "images have no unique id and file name and are left out.",
        "an id, used once, and a file name",
        "Give each its own id.",
        _WARNING,
    ),
    (
        "coco_twice",
        "annotations have a duplicate id; each counts as an object.",
        "each id once",
        "Check the export.",
        _WARNING,
    ),
    (
        "coco_no_image",
        "annotations refer to an image that is not listed and are left out.",
        "the id of a listed image",
        "Add the images to the file.",
        _WARNING,
    ),
    ("coco_crowd", "crowd regions are not single objects and are left out.", "single objects", "", _NOTE),
    (
        "coco_unknown_category",
        "annotations have an unknown category; their images are left out.",
        "the id of a listed category",
        "Add it.",
        _WARNING,
    ),
    (
        "coco_box",
        "annotations have no readable box; their images are left out.",
        "four finite numbers: x, y, width, height",
        "Write x, y, width, height.",
        _WARNING,
    ),
)


def _slim(entry: dict[str, Any]) -> dict[str, Any]:
    """Polygons are most of a COCO file; where there is a box they are dropped while parsing."""
    if "bbox" in entry:
        entry.pop("segmentation", None)
    return entry


def _get(entry: Any, key: str) -> Any:
    return entry.get(key) if isinstance(entry, dict) else None


def _hashable(value: Any) -> Any:
    return value if isinstance(value, int | str) else None


def _corners(entry: Any) -> BoxesXYXY | None:
    """The corners of an annotation's box, or of its polygons; None if neither can be read."""
    box = _get(entry, "bbox")
    if isinstance(box, list) and len(box) == 4 and all(map(_is_number, box)):
        x, y, width, height = map(float, box)
        return x, y, x + width, y + height
    parts = _get(entry, "segmentation")
    if box is not None or not isinstance(parts, list) or not parts:
        return None
    if not all(isinstance(part, list) and len(part) >= 6 and len(part) % 2 == 0 for part in parts):
        return None
    numbers = [value for part in parts for value in part]
    if not all(map(_is_number, numbers)):
        return None
    xs = [float(value) for part in parts for value in part[0::2]]
    ys = [float(value) for part in parts for value in part[1::2]]
    return min(xs), min(ys), max(xs), max(ys)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
