"""BoxTables: images and their boxes gathered while a detection format is read, then written as lists a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.datasets.dataset import TableRole
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.image_tables import ImageTables
from studio.datasets.uploads.discovery import folder_above
from studio.on_demand import pa
from studio.settings.finding import Finding, FindingsError

COLUMNS = ("image", "class_id", "x_min", "y_min", "x_max", "y_max")
BoxesXYXY = tuple[float, float, float, float]


@dataclass
class ImageBoxes:
    """One image of an upload and its boxes, in pixels."""

    path: str
    """In the upload; or, where the file is not there, the name that was given."""
    classes: list[str] = field(default_factory=list)
    corners: list[BoxesXYXY] = field(default_factory=list)

    def add(self, name: str, corners: BoxesXYXY) -> None:
        """One more box as x_min, y_min, x_max, y_max."""
        self.classes.append(name)
        self.corners.append(corners)


@dataclass
class BoxTables(ImageTables[ImageBoxes]):
    """Images by table, in the order of their annotations, and what was noticed on the way."""

    def conversion(self, what: str) -> Conversion:
        """The tables, file names relative to the one folder that holds all images.

        Raises:
            FindingsError: if no image is left.
        """
        if not any(self.images.values()):
            raise FindingsError([*self.findings, nothing_left(what)])
        folder = media_folder([image.path for images in self.images.values() for image in images])
        cut = 0 if folder == "." else len(folder) + 1
        tables = {role: _table(self.images[role], cut) for role in TABLE_ORDER if self.images.get(role)}
        return Conversion(tables, folder, self.findings)


def nothing_left(what: str) -> Finding:
    """The refusal of an upload in which no image with readable boxes is left."""
    return Finding(
        code="no_rows",
        path=what,
        message="No image with readable annotations is in the upload.",
        found="0 images",
        expected="at least 1 image with readable annotations",
        fix="Check the folders, or choose another data format.",
    )


TABLE_ORDER: tuple[TableRole, ...] = ("train", "validation", "test", "unlabeled")


def media_folder(paths: Sequence[str]) -> str:
    """The deepest folder that holds all these files."""
    return folder_above(path.rpartition("/")[0] for path in paths)


def _table(images: Sequence[ImageBoxes], cut: int) -> pa.Table:
    sides = [[[corner[side] for corner in image.corners] for image in images] for side in range(4)]
    columns = [[image.path[cut:] for image in images], [image.classes for image in images], *sides]
    return pa.table(dict(zip(COLUMNS, columns, strict=True)), schema=_schema())


def _schema() -> pa.Schema:
    numbers = pa.list_(pa.float64())
    return pa.schema(
        [("image", pa.string()), ("class_id", pa.list_(pa.string())), *((name, numbers) for name in COLUMNS[2:])]
    )
