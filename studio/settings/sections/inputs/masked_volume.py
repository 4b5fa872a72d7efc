"""Volumes of which every voxel is looked at."""

from typing import Annotated, ClassVar, Literal

from studio.settings.schema import SettingsSection
from studio.settings.sections.augmentation import custom_inference_setting, custom_train_setting
from studio.settings.sections.inputs.masked_image import TURNED_VIEWS, tiling_setting
from studio.settings.sections.inputs.volume import Side, VolumeMixMixin, VolumeSection, side_setting
from studio.settings.setting import ExperienceLevel, Setting

DETAILS = "With Tiling, larger ones are cut into pieces of it. Predicted masks come back at the size of the file."


class MaskedVolumeSection(VolumeSection):
    """Masks are learned at the input size."""

    image_width: Annotated[int, Side, side_setting("width", DETAILS)] = 128
    image_height: Annotated[int, Side, side_setting("height", DETAILS)] = 128
    image_depth: Annotated[int, Side, side_setting("depth", DETAILS)] = 128
    tiling: Annotated[Literal["Off", "Automatic"], tiling_setting("volume", "patches")] = "Off"


class _StrategySection(SettingsSection):
    """Volumes and masks may also be changed slice by slice, by pipelines of the user's own."""

    title: ClassVar[str] = "Augmentation"

    augmentations_strategy: Annotated[
        Literal["Soft", "Medium", "Hard", "Custom"],
        Setting(
            label="Augmentations strategy",
            help="Soft flips along all three axes. Medium also shifts, scales, rotates in the plane of slices and "
            "erases blocks. Hard adds random crops, brightness and contrast. Custom uses two pipelines of your own.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "Soft"
    custom_train_augmentations: Annotated[
        str, custom_train_setting("volumes", "All slices of a volume, and its masks, are changed alike. ")
    ] = ""
    custom_inference_augmentations: Annotated[str, custom_inference_setting("volume")] = ""


class MaskedVolumeAugmentationSection(VolumeMixMixin, _StrategySection):
    """How strongly volumes are varied, with their masks, and mixtures of two."""


class MaskedVolumeViewsMixin(SettingsSection):
    """Mirrored views at test time, turned back before they are averaged."""

    test_time_augmentations: Annotated[
        tuple[Literal["Horizontal flip", "Vertical flip", "Depth flip"], ...],
        TURNED_VIEWS,
    ] = ()
