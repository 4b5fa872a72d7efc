"""MaskTables: images and their masks gathered while a format is read, then written as lists of run lengths a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio.datasets.importers.box_tables import TABLE_ORDER, media_folder
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.image_tables import ImageTables
from studio.datasets.masks.run_lengths import to_text
from studio.on_demand import pa
from studio.settings.finding import Finding, FindingsError

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

COLUMNS = ("image", "class_id", "rle_mask")


@dataclass
class ImageMasks:
    """One image of an upload and its masks."""

    path: str
    """In the upload; or, where the file is not there, the name that was given."""
    size: tuple[int, int] | None = None
    """(width, height) of the picture."""
    drawn: tuple[int, int] | None = None
    """(width, height) that annotations are said to be drawn in, if that is said."""
    masks: list[tuple[str, Runs]] | None = field(default_factory=list)
    """Class and runs of every mask, in the order of the annotations; None where nothing is known of the image."""

    def add(self, name: str, runs: Runs) -> None:
        """One more mask, of an object or of a class."""
        assert self.masks is not None
        self.masks.append((name, runs))

    def lists(self) -> tuple[list[str] | None, list[str] | None]:
        """Classes and run lengths of the masks that have a pixel, by class; objects of a class stay apart."""
        if self.masks is None:
            return None, None
        found = sorted((one for one in self.masks if len(one[1])), key=lambda one: one[0])
        return [name for name, _ in found], [to_text(runs) for _, runs in found]


@dataclass
class MaskTables(ImageTables[ImageMasks]):
    """Images by table, in the order of their annotations, and what was noticed on the way."""

    def conversion(self, what: str) -> Conversion:
        """The tables, file names relative to the one folder that holds all images.

        Raises:
            FindingsError: if no image with a mask is left.
        """
        if not any(image.masks for images in self.images.values() for image in images):
            nothing = Finding(
                code="no_rows",
                path=what,
                message="No image with a readable mask is in the upload.",
                found="0 images with masks",
                expected="at least 1 image with a readable mask",
                fix="Check the folders, or choose another data format.",
            )
            raise FindingsError([*self.findings, nothing])
        folder = media_folder([image.path for images in self.images.values() for image in images])
        cut = 0 if folder == "." else len(folder) + 1
        tables = {role: _table(self.images[role], cut) for role in TABLE_ORDER if self.images.get(role)}
        return Conversion(tables, folder, self.findings)


def _table(images: Sequence[ImageMasks], cut: int) -> pa.Table:
    names, lists = [image.path[cut:] for image in images], [image.lists() for image in images]
    texts = pa.list_(pa.string())
    columns = [pa.array(names, pa.string()), *(pa.array([one[side] for one in lists], texts) for side in (0, 1))]
    has_masks = any(image.masks is not None for image in images)
    kept = COLUMNS if has_masks else COLUMNS[:1]
    return pa.table(dict(zip(kept, columns, strict=False)))
