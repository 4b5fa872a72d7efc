"""Augmentation: random changes to training images that leave the truth as it is, and mixtures of two of them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.condition import when, when_not
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Kind, Setting

STRATEGY = "augmentation.augmentations_strategy"
MIX = "augmentation.mix_image"
CUSTOM_TRAIN = "augmentation.custom_train_augmentations"
CUSTOM_INFERENCE = "augmentation.custom_inference_augmentations"
MIXUP_PAPER = "https://arxiv.org/abs/1710.09412"
CUTMIX_PAPER = "https://arxiv.org/abs/1905.04899"


def mix_probability_setting(switch: str = MIX) -> Setting:
    """How often; `switch` is the key of the setting that turns mixing on."""
    return Setting(
        label="Mix probability",
        help="The share of training batches that are mixed.",
        step=0.05,
        visible_if=when_not(switch, "Disabled"),
        level=ExperienceLevel.EXPERT,
    )


def mix_concentration_setting(switch: str = MIX, noun: str = "image") -> Setting:
    """How strongly."""
    return Setting(
        label="Mix concentration",
        help="The concentration (alpha) of the Beta distribution that the mixing ratio is drawn from. Small "
        f"values keep one {noun} nearly unchanged, large values mix half and half.",
        visible_if=when_not(switch, "Disabled"),
        level=ExperienceLevel.EXPERT,
    )


def mix_iterations_setting(switch: str = MIX, noun: str = "image") -> Setting:
    """How many times."""
    return Setting(
        label="Mix iterations",
        help=f"How many times a batch is mixed; with 2, up to four {noun}s end up in one.",
        visible_if=when_not(switch, "Disabled"),
        level=ExperienceLevel.EXPERT,
    )


def mix_target_setting(switch: str = MIX, noun: str = "image") -> Setting:
    """What becomes of the labels."""
    return Setting(
        label="Mix target",
        help=f"The label of a mixed {noun}: both labels weighted by the ratio (Ratio), both in full (Union), or "
        f"only that of the first {noun} (Keep).",
        visible_if=when_not(switch, "Disabled"),
        level=ExperienceLevel.EXPERT,
    )


Share = Field(ge=0, le=1)
Concentration = Field(gt=0, le=100)
Iterations = Field(ge=1, le=10)
MixProbability = Annotated[float, Share, mix_probability_setting()]
MixConcentration = Annotated[float, Concentration, mix_concentration_setting()]
MixIterations = Annotated[int, Iterations, mix_iterations_setting()]
MixTarget = Annotated[Literal["Ratio", "Union", "Keep"], mix_target_setting()]


def custom_train_setting(noun: str = "images", more: str = "") -> Setting:
    """The user's own pipeline for what is learned from."""
    return Setting(
        label="Custom train augmentations",
        help=f"A pipeline of Albumentations transforms as YAML or JSON, for training {noun}. {more}IMAGE_HEIGHT and "
        "IMAGE_WIDTH stand for the input size. Empty only resizes. Preview on real rows shows the result "
        "before the start.",
        kind=Kind.TEXT,
        visible_if=when(STRATEGY, "Custom"),
        level=ExperienceLevel.SKILLED,
    )


def custom_inference_setting(noun: str = "image") -> Setting:
    """The same for what is scored."""
    return Setting(
        label="Custom inference augmentations",
        help=f"The same for validation, test and prediction: what is done to every {noun}, without randomness. "
        "Empty only resizes.",
        kind=Kind.TEXT,
        visible_if=when(STRATEGY, "Custom"),
        level=ExperienceLevel.SKILLED,
    )


class ImageAugmentationSection(SettingsSection):
    """How strongly training images are varied."""

    title: ClassVar[str] = "Augmentation"

    augmentations_strategy: Annotated[
        Literal["Soft", "Medium", "Hard", "Custom"],
        Setting(
            label="Augmentations strategy",
            help="Soft flips horizontally. Medium also shifts, scales, rotates and erases patches. Hard adds "
            "random crops, brightness and contrast. Custom uses two pipelines of your own.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "Soft"
    custom_train_augmentations: Annotated[
        str,
        custom_train_setting(),
    ] = ""
    custom_inference_augmentations: Annotated[
        str,
        custom_inference_setting(),
    ] = ""


class BoxMixSection(ImageAugmentationSection):
    """Mixtures of two images with boxes; Cutmix always takes corners, so that boxes stay boxes."""

    mix_image: Annotated[
        Literal["Mixup", "Cutmix", "Disabled"],
        Setting(
            label="Mix image",
            help="Mixup overlays two images and keeps the boxes of both. Cutmix replaces a corner of an image by that "
            "of another, boxes with it.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper=MIXUP_PAPER,
        ),
    ] = "Disabled"
    mix_probability: MixProbability = 1.0
    mix_concentration: MixConcentration = 1.0
    mix_iterations: MixIterations = 1


class LabelMixSection(BoxMixSection):
    """Mixtures of two images with labels."""

    mix_target: MixTarget = "Ratio"
    cutmix_corner: Annotated[
        bool,
        Setting(
            label="Cutmix corner",
            help="Cut the patch from a corner. Off cuts it anywhere.",
            visible_if=when(MIX, "Cutmix"),
            level=ExperienceLevel.EXPERT,
            paper=CUTMIX_PAPER,
        ),
    ] = False
