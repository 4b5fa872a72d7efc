"""Volumes of which every voxel is looked at."""

from typing import Annotated, Literal

from studio.settings.schema import SettingsSection
from studio.settings.sections.inputs.masked_image import TURNED_VIEWS, tiling_setting
from studio.settings.sections.inputs.volume import Side, VolumeSection, side_setting

DETAILS = "With Tiling, larger ones are cut into pieces of it. Predicted masks come back at the size of the file."


class MaskedVolumeSection(VolumeSection):
    """Masks are learned at the input size."""

    image_width: Annotated[int, Side, side_setting("width", DETAILS)] = 128
    image_height: Annotated[int, Side, side_setting("height", DETAILS)] = 128
    image_depth: Annotated[int, Side, side_setting("depth", DETAILS)] = 128
    tiling: Annotated[Literal["Off", "Automatic"], tiling_setting("volume", "patches")] = "Off"


class MaskedVolumeViewsMixin(SettingsSection):
    """Mirrored views at test time, turned back before they are averaged."""

    test_time_augmentations: Annotated[
        tuple[Literal["Horizontal flip", "Vertical flip", "Depth flip"], ...],
        TURNED_VIEWS,
    ] = ()
