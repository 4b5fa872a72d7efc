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
MixProbability = Annotated[
    float,
    Field(ge=0, le=1),
    Setting(
        label="Mix probability",
        help="The share of training batches that are mixed.",
        step=0.05,
        visible_if=when_not(MIX, "Disabled"),
        level=ExperienceLevel.EXPERT,
    ),
]
MixConcentration = Annotated[
    float,
    Field(gt=0, le=100),
    Setting(
        label="Mix concentration",
        help="The concentration (alpha) of the Beta distribution that the mixing ratio is drawn from. Small "
        "values keep one image nearly unchanged, large values mix half and half.",
        visible_if=when_not(MIX, "Disabled"),
        level=ExperienceLevel.EXPERT,
    ),
]
MixIterations = Annotated[
    int,
    Field(ge=1, le=10),
    Setting(
        label="Mix iterations",
        help="How many times a batch is mixed; with 2, up to four images end up in one.",
        visible_if=when_not(MIX, "Disabled"),
        level=ExperienceLevel.EXPERT,
    ),
]
MixTarget = Annotated[
    Literal["Ratio", "Union", "Keep"],
    Setting(
        label="Mix target",
        help="The label of a mixed image: both labels weighted by the ratio (Ratio), both in full (Union), or "
        "only that of the first image (Keep).",
        visible_if=when_not(MIX, "Disabled"),
        level=ExperienceLevel.EXPERT,
    ),
]


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
