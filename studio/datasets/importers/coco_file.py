"""Files of COCO, whatever is taken of their annotations: which there are, their images, categories and troubles."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.coco_values import id_of, value_of
from studio.datasets.importers.image_tables import ImageTables
from studio.datasets.importers.json_file import holds_keys, read_document
from studio.datasets.importers.upload import Upload
from studio.datasets.uploads.roles import role_by_path
from studio.errors import DatasetError, in_quotes
from studio.settings.finding import FindingLevel

MAX_BYTES = 768 << 20
MAX_BARE_BYTES = 64 << 20


def read_files(
    upload: Upload, keys: Sequence[bytes], file_class: type[CocoFile[ImageT]], tables: ImageTables[ImageT]
) -> None:
    """Read the file of each split that holds all these keys, and report the others.

    Raises:
        DatasetError: if there is none, or one is not COCO.
    """
    files = coco_files(upload, keys)
    if not files:
        words = ", ".join(key.decode().strip('"') for key in keys)
        raise DatasetError(
            "There is no such COCO file in the upload.",
            hint=f"Add a JSON file with {words}.",
            code="no_coco",
            found=listed(upload.with_ending(".json")) or "no JSON file",
            expected=f"a JSON file with {words}",
        )
    taken: dict[TableRole, set[str]] = {}
    others = [path for role, path in files if not file_class(upload, path, role, tables).read(taken)]
    tables.report(
        "coco_unused",
        others[0] if others else "",
        f"{len(others)} more COCO files describe the same images and are not used.",
        "Keep one file per image.",
        others,
        expected="one file per image",
    )


def coco_files(upload: Upload, keys: Sequence[bytes]) -> list[tuple[TableRole, str]]:
    """The JSON files that hold all these keys, with their splits; those that are named instances come first.

    Beside them, those that list images and no annotation: images without objects.
    """
    paths = upload.with_ending(".json")
    found = [path for path in paths if holds_keys(upload.files / path, keys, is_object=True)]
    if found:
        others = sorted(set(paths) - set(found))
        found += [path for path in others if _is_bare(upload.files / path, keys[:-1])]
    found.sort(key=lambda path: ("instances" not in path.lower(), path))
    return [(role_by_path(path) or "train", path) for path in found]


def _is_bare(path: Path, keys: Sequence[bytes]) -> bool:
    """Whether a small file has these keys and an empty list of annotations."""
    if path.stat().st_size > MAX_BARE_BYTES or not holds_keys(path, keys, is_object=True):
        return False
    return re.search(rb'"annotations"\s*:\s*\[\s*\]', path.read_bytes()) is not None


class _Annotated(Protocol):
    """An image with what is annotated in it."""

    path: str


ImageT = TypeVar("ImageT", bound=_Annotated)


@dataclass
class CocoFile(ABC, Generic[ImageT]):
    """One JSON file on its way into a table. Troubles are gathered by kind and reported once.

    A subclass says what it takes of an annotation.
    """

    keeps_crowds: ClassVar[bool]
    """Whether a crowd region is as good as an object."""
    reports: ClassVar[tuple[Report, ...]]

    upload: Upload
    path: str
    role: TableRole
    tables: ImageTables[ImageT]
    troubles: dict[str, list[str]] = field(default_factory=dict)
    left_out: set[Any] = field(default_factory=set)
    absent: set[Any] = field(default_factory=set)
    """Ids of listed images that are not in the upload, or could be several of it."""

    @abstractmethod
    def slim(self, entry: dict[str, Any]) -> dict[str, Any]:
        """An object of the document with only what is needed, as it is parsed."""

    @abstractmethod
    def image(self, path: str, entry: Any) -> ImageT:
        """A listed image, at its path in the upload."""

    @abstractmethod
    def take(self, image: ImageT, name: str, entry: Any) -> tuple[str, Any] | None:
        """Add an annotation of a class to its image; else the code of its trouble, and the value that is to blame."""

    def read(self, taken: dict[TableRole, set[str]]) -> bool:
        """Add the images to the tables; False if one of them is taken already."""
        document = self._document()
        categories = self._categories(document["categories"])
        images = self._images(document["images"])
        known = taken.setdefault(self.role, set())
        if any(image.path in known for image in images.values()):
            return False
        known.update(image.path for image in images.values())
        self._annotations(document["annotations"], images, categories)
        for id, image in images.items():
            if id not in self.left_out:
                self.tables.add(self.role, image)
        self._report()
        return True

    def _document(self) -> dict[str, list[Any]]:
        smaller = "leave the segmentations out, or split the file"
        document = read_document(self.upload, self.path, "coco", MAX_BYTES, smaller, object_hook=self.slim)
        keys = ("images", "annotations", "categories")
        if not isinstance(document, dict) or any(not isinstance(document.get(key), list) for key in keys):
            raise DatasetError(
                f"{self.path} has no lists of images, annotations and categories.",
                hint="Choose the file of instances.",
                code="coco",
                found=f"the keys {listed(document)}" if isinstance(document, dict) and document else "no keys",
                expected=f"lists called {', '.join(keys)}",
            )
        found: dict[str, list[Any]] = document
        return found

    def _categories(self, entries: list[Any]) -> dict[Any, str]:
        names: dict[Any, str] = {}
        for entry in entries:
            id, name = id_of(value_of(entry, "id")), value_of(entry, "name")
            if id is None or not isinstance(name, str) or not name.strip():
                self._note("coco_category", f"category {in_quotes(value_of(entry, 'id'))}")
            elif id in names:
                self._note("coco_category", f"duplicate category {id}")
            else:
                names[id] = name.strip()
        return names

    def _images(self, entries: list[Any]) -> dict[Any, ImageT]:
        images: dict[Any, ImageT] = {}
        for entry in entries:
            id, name = id_of(value_of(entry, "id")), value_of(entry, "file_name")
            if id is None or not isinstance(name, str) or not name.strip():
                self._note("coco_image", f"image {in_quotes(value_of(entry, 'id'))} without id or file name")
                continue
            if id in images or id in self.absent:
                self._note("coco_image", f"duplicate image id {id}")
                continue
            path, several = self.upload.images.find(name, self.path)
            if path is None:
                self.absent.add(id)
                self._note("coco_several" if several else "coco_missing", name)
            else:
                images[id] = self.image(path, entry)
        return images

    def _annotations(self, entries: list[Any], images: dict[Any, ImageT], categories: dict[Any, str]) -> None:
        seen = Counter(id_of(value_of(entry, "id")) for entry in entries)
        crowded: dict[Any, ImageT] = {}
        told: set[Any] = set()
        """Ids of images that have an object, or are said to have none."""
        for entry in entries:
            id, image_id = id_of(value_of(entry, "id")), id_of(value_of(entry, "image_id"))
            if id is not None and seen[id] > 1:
                self._note("coco_twice", f"annotation {id}")
            image = images.get(image_id)
            if image_id in self.absent:
                continue
            if image is None:
                self._note("coco_no_image", f"annotation {id} of image {image_id}")
                continue
            if not self.keeps_crowds and id_of(value_of(entry, "iscrowd")) == 1:
                crowded[image_id] = image
                self._note("coco_crowd", image.path)
                continue
            name = categories.get(id_of(value_of(entry, "category_id")))
            if name is None:
                self._leave_out("coco_unknown_category", image_id, image, value_of(entry, "category_id"))
            elif trouble := self.take(image, name, entry):
                self._leave_out(trouble[0], image_id, image, trouble[1])
            else:
                told.add(image_id)
        for image_id, image in crowded.items():
            if image_id not in told:
                self._leave_out("coco_crowds_only", image_id, image, "crowd regions only")

    def _leave_out(self, code: str, image_id: Any, image: ImageT, value: Any) -> None:
        self.left_out.add(image_id)
        self._note(code, f"{image.path}: {'nothing' if value is None else str(value)[:60]}")

    def _note(self, code: str, example: str) -> None:
        self.troubles.setdefault(code, []).append(example)

    def _report(self) -> None:
        for code, words, expected, fix, level in (*_REPORTS, *self.reports):
            examples = self.troubles.get(code, [])
            self.tables.report(code, self.path, f"{len(examples)} {words}", fix, examples, level, expected=expected)


Report = tuple[str, str, str, str, FindingLevel]
"""Code, message, expected, fix, level."""
_WARNING, _NOTE = FindingLevel.WARNING, FindingLevel.NOTE
_REPORTS: tuple[Report, ...] = (
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
        "coco_crowds_only",
        "images have crowd regions (iscrowd) and no single object; they are left out.",
        "single objects",
        "Draw the objects one by one, or set iscrowd to 0 where a region is one object.",
        _WARNING,
    ),
    (
        "coco_missing",
        "images are not in the upload and are left out.",
        "the file of every listed image",
        "Add these files.",
        _WARNING,
    ),
    (
        "coco_several",
        "images are left out because several files of the upload have their name.",
        "names that tell one file, such as folder/name",
        "Export the names with their folders, or rename the files.",
        _WARNING,
    ),
    (
        "coco_unknown_category",
        "annotations have an unknown category; their images are left out.",
        "the id of a listed category",
        "Add it.",
        _WARNING,
    ),
)
