"""COCO for masks: the polygons and run lengths of its annotations, one mask an annotation.

Polygons are filled at the size of the picture; those that were drawn at another size are scaled if its sides have the
same ratio, and so are run lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.datasets.importers.coco_file import CocoFile, coco_files, read_files
from studio.datasets.importers.coco_values import is_number, says_nothing, size_of
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.mask_tables import ImageMasks, MaskTables
from studio.datasets.importers.picture_size import ONE, Scale, both_sizes, scale_to, size_in_file
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.coco_rle import counts_of_text
from studio.datasets.masks.polygons import PolygonError, polygon_runs
from studio.datasets.masks.resizing import resized_runs
from studio.on_demand import np
from studio.settings.finding import FindingLevel

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

MAX_PIXELS = 1 << 28
INSTANCES_SURE = 0.92
_KEYS = (b'"images"', b'"annotations"', b'"categories"', b'"segmentation"')


def recognise(upload: Upload) -> Recognition | None:
    """JSON files that name images, annotations, categories and segmentations."""
    found = coco_files(upload, _KEYS)
    if not found:
        return None
    names = ", ".join(path for _, path in found)
    return Recognition(0.9, (f"{names}: JSON with images, annotations, categories and segmentation",))


def read(upload: Upload) -> Conversion:
    """One table a JSON file; a crowd region is pixels of its class as well.

    Raises:
        DatasetError: if a file is not COCO.
        FindingsError: if no image with a mask is left.
    """
    return _read(upload, _MaskFile)


def recognise_instances(upload: Upload) -> Recognition | None:
    """JSON files that name images, annotations, categories and segmentations, as objects.

    Annotations of COCO are single objects before they are pixels of classes.
    """
    found = recognise(upload)
    return None if found is None else Recognition(INSTANCES_SURE, found.reasons)


def read_instances(upload: Upload) -> Conversion:
    """One table a JSON file; crowd regions, which are no single objects, are left out.

    Raises:
        DatasetError: if a file is not COCO.
        FindingsError: if no image with a mask is left.
    """
    return _read(upload, _InstanceFile)


def _read(upload: Upload, kind: type[_MaskFile]) -> Conversion:
    """One table a JSON file.

    Raises:
        DatasetError: if a file is not COCO.
        FindingsError: if no image with a mask is left.
    """
    tables = MaskTables()
    read_files(upload, _KEYS, kind, tables)
    return tables.conversion("COCO")


COCO_MASKS = DatasetFormat(
    "coco",
    "COCO",
    "JSON files with images, annotations (polygons or run lengths) and categories, beside the images.",
    recognise,
    read,
    medium="image",
    written_by="COCO, Roboflow, CVAT, Label Studio",
    corrected="names in any spelling; polygons and run lengths drawn at another size of the same ratio are scaled",
    left_out="images that are absent, or with a segmentation that cannot be read; for instances crowd regions",
)

COCO_INSTANCES = replace(COCO_MASKS, recognise=recognise_instances, read=read_instances)


class _MaskFile(CocoFile[ImageMasks]):
    """Masks."""

    keeps_crowds = True
    reports = (
        (
            "coco_segmentation",
            "annotations have no readable segmentation; their images are left out.",
            "polygons of 3 points or more in the image, or run lengths",
            "Draw them again, or leave them out.",
            FindingLevel.WARNING,
        ),
        (
            "mask_size",
            "annotations are drawn at another size than their picture has, and other sides; their images are left out.",
            "the size of the picture, or one with the same ratio of sides",
            "Export the annotations for the pictures as they are.",
            FindingLevel.WARNING,
        ),
        (
            "coco_scaled",
            "masks are drawn at another size than their picture has; they are scaled to the picture.",
            "the size of the picture",
            "",
            FindingLevel.NOTE,
        ),
    )

    def slim(self, entry: dict[str, Any]) -> dict[str, Any]:
        return entry

    def image(self, path: str, entry: Any) -> ImageMasks:
        stated = size_of(entry)
        return ImageMasks(path, size_in_file(self.upload.files / path) or stated, drawn=stated)

    def take(self, image: ImageMasks, name: str, entry: Any) -> tuple[str, Any] | None:
        segmentation = entry.get("segmentation")
        if says_nothing(entry):
            return None
        drawn = _rle_size(segmentation) or image.drawn or image.size
        if image.size is None or drawn is None:
            return "mask_size", "no size"
        scale = scale_to(drawn, image.size)
        if scale is None:
            return "mask_size", both_sizes(drawn, image.size)
        if isinstance(segmentation, list):
            runs = polygons_filled(segmentation, scale, *image.size)
        else:
            runs = runs_of_counts(segmentation, *drawn)
            runs = runs if runs is None or scale == ONE else resized_runs(runs, drawn, image.size)
        if runs is None:
            return "coco_segmentation", segmentation or "no shape"
        if scale != ONE:
            self._note("coco_scaled", f"{image.path}: {both_sizes(drawn, image.size)}")
        image.add(name, runs)
        return None


class _InstanceFile(_MaskFile):
    """Masks of single objects."""

    keeps_crowds = False


def polygons_filled(polygons: Sequence[Any], scale: Scale, width: int, height: int) -> Runs | None:
    """The runs of polygons in a picture, after scaling; None if any is none."""
    parts = [part for part in polygons if part]
    if not parts or width * height > MAX_PIXELS:
        return None
    if not all(isinstance(part, list) and len(part) % 2 == 0 and all(map(is_number, part)) for part in parts):
        return None
    try:
        scaled = [[value * scale[place % 2] for place, value in enumerate(part)] for part in parts]
        return polygon_runs(scaled, width, height)
    except PolygonError:
        return None


def runs_of_counts(segmentation: Any, width: int, height: int) -> Runs | None:
    """The runs of run lengths as COCO writes them; None if they are none."""
    if not isinstance(segmentation, dict) or width * height > MAX_PIXELS:
        return None
    counts = segmentation.get("counts")
    return _from_counts(counts_of_text(counts) if isinstance(counts, str) else counts, width * height)


def _from_counts(numbers: Any, pixels: int) -> Runs | None:
    """Runs from lengths of pixels outside and inside in turn, which fill the image."""
    if not isinstance(numbers, list) or not all(isinstance(one, int) and one >= 0 for one in numbers):
        return None
    if any(isinstance(one, bool) for one in numbers) or sum(numbers) != pixels:
        return None
    ends = np.cumsum(np.array(numbers, dtype=np.int64))
    lengths = np.array(numbers[1::2], dtype=np.int64)
    runs = np.stack([ends[::2][: len(lengths)] + 1, lengths], axis=1)
    return np.asarray(runs[lengths > 0])


def _rle_size(segmentation: Any) -> tuple[int, int] | None:
    """(width, height) that run lengths are counted in."""
    size = segmentation.get("size") if isinstance(segmentation, dict) else None
    return _size(size[1], size[0]) if isinstance(size, list) and len(size) == 2 else None


def _size(width: Any, height: Any) -> tuple[int, int] | None:
    if not is_number(width) or not is_number(height) or width < 1 or height < 1:
        return None
    return int(width), int(height)
