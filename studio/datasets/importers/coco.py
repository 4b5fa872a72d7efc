"""COCO: JSON files with images, annotations and categories; boxes as x, y, width, height in pixels.

A file's split is in its name (`instances_train2017.json`) or its folder (`valid/_annotations.coco.json`).
Crowd regions are no objects and are left out. A box that is missing is taken from its polygons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio.datasets.importers.box_tables import BoxTables, ImageBoxes
from studio.datasets.importers.coco_file import CocoFile, coco_files, read_files
from studio.datasets.importers.coco_values import corners_of, says_nothing, size_of, value_of
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.picture_size import ONE, Scale, both_sizes, scale_to, size_in_file
from studio.datasets.importers.upload import Upload
from studio.settings.finding import FindingLevel

_KEYS = (b'"images"', b'"annotations"', b'"categories"', b'"bbox"')


def recognise(upload: Upload) -> Recognition | None:
    """JSON files that name images, annotations, categories and boxes."""
    found = coco_files(upload, _KEYS)
    if not found:
        return None
    names = ", ".join(path for _, path in found)
    return Recognition(0.95, (f"{names}: JSON with images, annotations, categories and bbox",))


def read(upload: Upload) -> Conversion:
    """One table a JSON file.

    Raises:
        DatasetError: if a file is not COCO.
        FindingsError: if no image is left.
    """
    tables = BoxTables()
    read_files(upload, _KEYS, _BoxFile, tables)
    return tables.conversion("COCO")


COCO = DatasetFormat(
    "coco",
    "COCO",
    "JSON files with images, annotations and categories, next to the images.",
    recognise,
    read,
    written_by="COCO, Roboflow, CVAT, Label Studio, VIA, FiftyOne",
    corrected="ids and numbers as text or floats; names in any spelling; boxes drawn at another size of the same "
    "ratio are scaled; several files of a split",
    left_out="images that are absent or could be several, or hold crowd regions only; sizes of another ratio; "
    "boxes that are none",
)


@dataclass
class _BoxFile(CocoFile[ImageBoxes]):
    """Boxes."""

    keeps_crowds = False
    reports = (
        (
            "coco_box",
            "annotations have no readable box; their images are left out.",
            "four finite numbers: x, y, width, height",
            "Write x, y, width, height.",
            FindingLevel.WARNING,
        ),
        (
            "coco_size",
            "annotations are drawn at another size than their picture has, and other sides; their images are left out.",
            "the size of the picture, or one with the same ratio of sides",
            "Export the annotations for the pictures as they are.",
            FindingLevel.WARNING,
        ),
        (
            "coco_scaled",
            "images have another size than the file says; their boxes are scaled to the picture.",
            "the size of the picture",
            "",
            FindingLevel.NOTE,
        ),
    )

    scales: dict[str, Scale | None] = field(default_factory=dict)
    """By image, where the file states another size; None where its sides have another ratio."""
    sizes: dict[str, str] = field(default_factory=dict)
    """Of these images, both sizes in words."""

    def slim(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Polygons are most of a COCO file; where there is a box they are dropped while parsing."""
        if entry.get("bbox"):
            entry.pop("segmentation", None)
        return entry

    def image(self, path: str, entry: Any) -> ImageBoxes:
        stated, real = size_of(entry), size_in_file(self.upload.files / path)
        if stated and real and stated != real:
            self.scales[path] = scale_to(stated, real)
            self.sizes[path] = both_sizes(stated, real)
            if self.scales[path] is not None:
                self._note("coco_scaled", f"{path}: {self.sizes[path]}")
        return ImageBoxes(path)

    def take(self, image: ImageBoxes, name: str, entry: Any) -> tuple[str, Any] | None:
        scale = self.scales.get(image.path, ONE)
        if scale is None:
            return "coco_size", self.sizes[image.path]
        if says_nothing(entry):
            return None
        corners = corners_of(entry)
        if corners is None:
            return "coco_box", value_of(entry, "bbox")
        (across, down), (left, top, right, bottom) = scale, corners
        image.add(name, (left * across, top * down, right * across, bottom * down))
        return None
