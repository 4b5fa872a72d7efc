"""Images of which every pixel is looked at."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from studio.settings.condition import when
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.augmentation import MIX, STRATEGY, LabelMixSection
from studio.settings.sections.image import ImageSection, side_setting
from studio.settings.setting import ExperienceLevel, Setting

DETAILS = ", masks with them. Predicted masks come back at the size of the file."

TURNED_VIEWS = Setting(
    label="Test time augmentations",
    help="Predict mirrored views as well, and average the masks turned back. Each view takes as long again.",
    level=ExperienceLevel.EXPERT,
)


def tiling_setting(noun: str, pieces: str) -> Setting:
    """What is done with an image or a volume that is larger than the input."""
    return Setting(
        label="Tiling",
        help=f"Off resizes every {noun} to the input size. Automatic leaves larger {noun}s as they are: training "
        f"takes random {pieces} of the input size, and predictions go over the {noun} in overlapping tiles that are "
        "blended. Small details stay; scoring takes longer.",
        level=ExperienceLevel.SKILLED,
        grid=True,
    )


class ObjectMaskImageSection(ImageSection):
    """Masks are learned at the input size."""

    image_width: Annotated[
        int,
        Field(ge=16, le=4096),
        side_setting("width", DETAILS, 32),
    ] = 256
    image_height: Annotated[
        int,
        Field(ge=16, le=4096),
        side_setting("height", DETAILS, 32),
    ] = 256


class MaskedImageSection(ObjectMaskImageSection):
    """Images that may be looked at in tiles."""

    tiling: Annotated[
        Literal["Off", "Automatic"],
        tiling_setting("image", "crops"),
    ] = "Off"


class MaskMixSection(LabelMixSection):
    """Mixtures of two images with masks: Cutmix cuts masks as it cuts pixels, so only Mixup asks what is true."""

    mix_target: Annotated[
        Literal["Ratio", "Union", "Keep"],
        Setting(
            label="Mix target",
            help="What Mixup learns of a pixel: the classes of both images in its ratio (Ratio), of both in full "
            "(Union), or those of the first image alone (Keep).",
            visible_if=when(MIX, "Mixup"),
            level=ExperienceLevel.EXPERT,
        ),
    ] = "Ratio"


class MaskViewsMixin(SettingsSection):
    """Mirrored views at test time, turned back before they are averaged."""

    test_time_augmentations: Annotated[
        tuple[Literal["Horizontal flip", "Vertical flip"], ...],
        TURNED_VIEWS,
    ] = ()


def tiling_contradictions(settings: SettingsSchema) -> Iterator[Finding]:
    """Tiles beside a pipeline of the user's own, which sees what it changes as a whole."""
    if settings.value("image.tiling") != "Off" and settings.value(STRATEGY) == "Custom":
        yield Finding(
            code="contradiction",
            path="image.tiling",
            message="Custom augmentations change the whole, and tiles are cut before.",
            found="Automatic with Custom",
            expected="Off, or a strategy other than Custom",
            fix="Use Off, or Soft, Medium or Hard as augmentations strategy.",
        )
