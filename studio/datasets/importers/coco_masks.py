"""COCO for masks: the polygons and run lengths of its annotations, one mask an annotation.

Polygons are filled at the size that the file gives for the image, which must be that of the picture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.datasets.importers.coco_file import CocoFile, coco_files, read_files
from studio.datasets.importers.coco_values import is_number, size_of
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.mask_tables import ImageMasks, MaskTables
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.coco_rle import counts_of_text
from studio.datasets.masks.polygons import PolygonError, polygon_runs
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER
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
    """As `recognise`; annotations of COCO are single objects before they are pixels of classes."""
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
            "annotations are drawn at another size than their picture has; their images are left out.",
            "the size of the picture",
            "Export the annotations for the pictures as they are.",
            FindingLevel.WARNING,
        ),
    )

    def slim(self, entry: dict[str, Any]) -> dict[str, Any]:
        return entry

    def image(self, path: str, entry: Any) -> ImageMasks:
        stated = size_of(entry)
        file = self.upload.files / path
        try:
            facts = READER.read_facts(file) if file.is_file() else None
        except MediaError:  # said at import, for the picture itself
            facts = None
        return ImageMasks(path, (facts.width, facts.height) if facts else stated, drawn=stated)

    def take(self, image: ImageMasks, name: str, entry: Any) -> tuple[str, Any] | None:
        segmentation = entry.get("segmentation")
        drawn = _rle_size(segmentation) or image.drawn or image.size
        if image.size is None or drawn is None:
            return "mask_size", "no size"
        if drawn != image.size:
            return "mask_size", f"{drawn[0]} x {drawn[1]} for {image.size[0]} x {image.size[1]} pixels"
        runs = segmentation_runs(segmentation, *image.size)
        if runs is None:
            return "coco_segmentation", segmentation
        image.add(name, runs)
        return None


class _InstanceFile(_MaskFile):
    """Masks of single objects."""

    keeps_crowds = False


def segmentation_runs(segmentation: Any, width: int, height: int) -> Runs | None:
    """The runs of polygons or of run lengths as COCO writes them; None if it is neither."""
    if width * height > MAX_PIXELS:
        return None
    if isinstance(segmentation, dict):
        counts = segmentation.get("counts")
        numbers = counts_of_text(counts) if isinstance(counts, str) else counts
        return _from_counts(numbers, width * height)
    if not isinstance(segmentation, list):
        return None
    if not all(isinstance(part, list) and len(part) % 2 == 0 and all(map(is_number, part)) for part in segmentation):
        return None
    try:
        return polygon_runs([part for part in segmentation if part], width, height)
    except PolygonError:
        return None


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
