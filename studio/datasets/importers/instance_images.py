"""InstanceImages: pictures in one folder and masks of their objects in another.

images/1.jpg   masks/1.png              numbers of objects, 8 or 16 bits; 0 is the background
images/1.jpg   masks/cat/1.png          the same, a folder a class
images/1.jpg   masks/1_001.png          one black and white picture an object, or masks/1/001.png
1/images/1.png 1/masks/001.png          a folder an image
classes.txt                             the name of the class, where there is one
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.mask_images import (
    BACKGROUND,
    MaskFile,
    MaskPairs,
    MaskReading,
    listed_names,
    mask_pairs,
    require_masks,
)
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.mask_files import read_mask, runs_of_objects
from studio.datasets.media.reader import MediaError
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.datasets.masks.run_lengths import Runs

OBJECT = "object"
"""The class of objects of which nothing says what they are."""
SURE, BESIDE_TABLES = 0.95, 0.55
LOOKED_MASKS = 3
FEW_VALUES = 24
"""A mask of so many different values numbers objects rather than classes."""


def recognise(upload: Upload) -> Recognition | None:
    """Masks called like pictures, several a picture without a class, or with more numbers than classes have."""
    pairs = mask_pairs(upload)
    paired = [mask for mask in pairs.masks if mask.picture]
    if not paired or 2 * len(paired) < len(pairs.masks):
        return None
    a_picture = Counter(mask.picture for mask in paired if not _class_of(mask))
    if max(a_picture.values(), default=0) > 1:
        reason = f"{len(paired)} masks of {len(a_picture)} pictures: one an object"
    elif _numbers_objects(upload, paired):
        reason = "masks hold numbers of objects"
    else:
        return None
    return Recognition(BESIDE_TABLES if upload.tables else SURE, (reason,))


def read(upload: Upload) -> Conversion:
    """One table a split with lists of run lengths, an entry an object.

    Raises:
        DatasetError: if there is no folder of masks.
        FindingsError: if no image with a mask is left.
    """
    pairs: MaskPairs = require_masks(upload)
    return _InstanceReading(upload, pairs).conversion()


INSTANCE_IMAGES = DatasetFormat(
    "instance_images",
    "Folder of instance masks",
    "A folder of pictures and a folder of masks: pixels are numbers of objects, or one mask an object.",
    recognise,
    read,
    medium="image",
    accounts_for_media=True,
    written_by="Data Science Bowl, cell sets",
    left_out="masks without image",
)


class _InstanceReading(MaskReading):
    """Every value of every file is an object."""

    def runs_of(self, numbers_HW: NDArray[np.integer], mask: MaskFile) -> dict[int, Runs]:
        return runs_of_objects(numbers_HW, mask.path)

    def names(self, colours: Mapping[int, str], values: set[int]) -> dict[int, str]:
        listed = [name for name in listed_names(self.upload) if not BACKGROUND.fullmatch(name)]
        return dict.fromkeys(values, listed[0] if len(listed) == 1 else OBJECT)

    def class_of(self, mask: MaskFile) -> str:
        return _class_of(mask)


def _class_of(mask: MaskFile) -> str:
    """What the place of a mask says; a number behind the name of a picture counts objects."""
    return "" if mask.label.strip("-_ ").isdigit() else mask.label


def _numbers_objects(upload: Upload, masks: list[MaskFile]) -> bool:
    for mask in masks[:LOOKED_MASKS]:
        try:
            numbers = read_mask(upload.files / mask.path, as_colours=False)
        except MediaError:
            continue
        if numbers.dtype.itemsize > 1 or len(np.unique(numbers)) > FEW_VALUES:
            return True
    return False
