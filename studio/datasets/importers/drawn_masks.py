"""DrawnMasks: images with masks that a tool drew, gathered while its export is read.

An image with a mask that cannot be read is left out: its other masks alone would lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from studio.datasets.dataset import TableRole
from studio.datasets.importers.format import Conversion
from studio.datasets.importers.mask_tables import ImageMasks, MaskTables
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.polygons import PolygonError, polygon_runs
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER
from studio.datasets.uploads.roles import role_by_path
from studio.settings.finding import FindingLevel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio.datasets.masks.run_lengths import Runs

MAX_PIXELS = 1 << 28
_TROUBLES: Mapping[str, tuple[str, str, str, FindingLevel]] = {
    "drawn_mask": (
        "masks cannot be read; their images are left out.",
        "Draw them again, or leave them out.",
        "polygons of 3 points or more, or run lengths that fill their box",
        FindingLevel.WARNING,
    ),
    "mask_size": (
        "masks are drawn at another size than their image has; their images are left out.",
        "Export the annotations for the images as they are.",
        "the size of the image",
        FindingLevel.WARNING,
    ),
    "no_image": (
        "images are named and not in the upload; they are left out.",
        "Add the images.",
        "an image of this name",
        FindingLevel.WARNING,
    ),
    "no_class": (
        "masks have no class; their images are left out.",
        "Name the class of every mask.",
        "a class for every mask",
        FindingLevel.WARNING,
    ),
    "other_shapes": (
        "shapes are no masks and are left out.",
        "Draw them as polygons or with the brush if they matter.",
        "polygons or masks",
        FindingLevel.NOTE,
    ),
    "other_annotators": (
        "images were annotated more than once; the first annotation is taken.",
        "Export one annotation an image.",
        "one annotation an image",
        FindingLevel.NOTE,
    ),
}


@dataclass
class DrawnMasks:
    """Images with masks, and what was noticed on the way."""

    upload: Upload
    title: str
    """Of the format."""
    tables: MaskTables = field(default_factory=MaskTables)
    troubles: dict[str, list[str]] = field(default_factory=dict)

    def open(self, name: str, near: str, drawn: tuple[int, int] | None) -> ImageMasks | None:
        """The image of this name, of the size that is drawn in (width, height) if that is said; else None."""
        path = self.upload.images.named(name, near)
        if path is None:
            self.note("no_image", name)
            return None
        try:
            facts = READER.read_facts(self.upload.files / path)
        except MediaError:  # said at import, for the image itself
            return ImageMasks(path, drawn)
        size = facts.width, facts.height
        if drawn is not None and drawn != size:
            self.note("mask_size", f"{name}: {drawn[0]} x {drawn[1]} for {size[0]} x {size[1]} pixels")
            return None
        return ImageMasks(path, size)

    def add_polygon(self, image: ImageMasks, label: str, corners: Sequence[float]) -> bool:
        """Fill a polygon of x, y, x, y, ...; False if it is none."""
        if image.size is None or image.size[0] * image.size[1] > MAX_PIXELS:
            return False
        try:
            return self.add(image, label, polygon_runs([corners], *image.size))
        except PolygonError as error:
            self.note("drawn_mask", f"{image.path}: {error}")
            return False

    def add(self, image: ImageMasks, label: str, runs: Runs) -> bool:
        """Add a mask; False if it has no class."""
        if not label:
            self.note("no_class", image.path)
            return False
        image.add(label, runs)
        return True

    def keep(self, image: ImageMasks, role: str | None = None) -> None:
        """Put a finished image into the table of its split: the one that is said, or that its folder speaks of."""
        self.tables.add(cast(TableRole, role or role_by_path(image.path) or "train"), image)

    def note(self, code: str, example: str) -> None:
        """One case of a kind of trouble."""
        self.troubles.setdefault(code, []).append(example)

    def conversion(self) -> Conversion:
        """The tables with all findings.

        Raises:
            FindingsError: if no image with a mask is left.
        """
        for code, examples in self.troubles.items():
            words, fix, expected, level = _TROUBLES[code]
            self.tables.report(code, self.title, f"{len(examples)} {words}", fix, examples, level, expected=expected)
        return self.tables.conversion(self.title)
