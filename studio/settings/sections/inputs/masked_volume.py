"""Volumes of which every voxel is looked at."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext
from studio.settings.condition import when
from studio.settings.finding import Finding, FindingLevel
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.augmentation import custom_inference_setting, custom_train_setting
from studio.settings.sections.inputs.masked_image import TURNED_VIEWS, tiling_contradictions, tiling_setting
from studio.settings.sections.inputs.volume import (
    SPACING_FACT,
    Side,
    VolumeMixMixin,
    VolumeSection,
    side_setting,
    volume_contradictions,
)
from studio.settings.setting import ExperienceLevel, Setting

DETAILS = "With Tiling, larger ones are cut into pieces of it. Predicted masks come back at the size of the file."

TILING = "image.tiling"
VOXEL_SPACING = "image.voxel_spacing"
SPACINGS = ("image.spacing_depth", "image.spacing_height", "image.spacing_width")
LEAST_MM, MOST_MM = 0.001, 1000.0
Millimetres = Field(ge=LEAST_MM, le=MOST_MM)


def spacing_setting(axis: str) -> Setting:
    """Millimetres between voxels along an axis of the volumes that the network sees."""
    return Setting(
        label=f"Spacing {axis}",
        help=f"Distance of voxels along the {axis} to which volumes are resampled.",
        unit="mm",
        step=0.1,
        visible_if=when(VOXEL_SPACING, "Common"),
        level=ExperienceLevel.EXPERT,
    )


class MaskedVolumeSection(VolumeSection):
    """Masks are learned at the input size."""

    image_width: Annotated[int, Side, side_setting("width", DETAILS)] = 128
    image_height: Annotated[int, Side, side_setting("height", DETAILS)] = 128
    image_depth: Annotated[int, Side, side_setting("depth", DETAILS)] = 128
    tiling: Annotated[Literal["Off", "Automatic"], tiling_setting("volume", "patches")] = "Off"
    voxel_spacing: Annotated[
        Literal["As stored", "Common"],
        Setting(
            label="Voxel spacing",
            help="Common resamples every volume to one distance of voxels before it is cut into patches, so that a "
            "structure has the same size in all scans; predicted masks come back in the voxels of the file. Volumes "
            "whose files do not give a spacing stay as they are.",
            visible_if=when(TILING, "Automatic"),
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "As stored"
    spacing_depth: Annotated[float, Millimetres, spacing_setting("depth")] = 1.0
    spacing_height: Annotated[float, Millimetres, spacing_setting("height")] = 1.0
    spacing_width: Annotated[float, Millimetres, spacing_setting("width")] = 1.0


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


def masked_volume_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Those of volumes, tiles beside a pipeline of the user's own, and a common spacing that no file knows of."""
    yield from volume_contradictions(settings, context)
    yield from tiling_contradictions(settings)
    knows_none = context.facts.get(SPACING_FACT) == []
    if knows_none and settings.value(VOXEL_SPACING) == "Common" and VOXEL_SPACING in settings.visible():
        yield Finding(
            level=FindingLevel.WARNING,
            code="no_effect",
            path=VOXEL_SPACING,
            message="No volume of this dataset gives its voxel spacing, so none is resampled.",
            found="Common",
            expected="NIfTI or DICOM files with a spacing",
            fix="Use As stored.",
        )
