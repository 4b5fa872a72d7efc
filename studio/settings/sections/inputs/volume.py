"""Volumes: images of three dimensions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Library
from studio.settings.condition import when
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection, SuggestedChange
from studio.settings.sections.architecture import ArchitectureSection, dropout_setting
from studio.settings.sections.augmentation import (
    MIXUP_PAPER,
    MixConcentration,
    MixIterations,
    MixProbability,
    MixTarget,
)
from studio.settings.sections.image_backbone import FLIPPED_VIEWS, Pool
from studio.settings.sections.training import BatchSize, Epochs, TrainingSection
from studio.settings.setting import ExperienceLevel, Setting

CHANNELS = "image.image_channels"
CLIP = "image.clip_intensities"
CLIP_LOWEST, CLIP_HIGHEST = "image.clip_lowest", "image.clip_highest"
ENCODER = "architecture.encoder"
CHANNELS_FACT = "dataset.volume_channels"
"""The numbers of channels as which every volume of the dataset can be read, the likeliest first; empty if unknown."""
SPACING_FACT = "dataset.volume_spacing"
"""Median millimetres between voxels along (depth, height, width); empty if no file gives them."""
ENCODERS = (
    "resnet18d",
    "resnet10t",
    "resnet18",
    "resnet34",
    "resnet34d",
    "resnet50",
    "resnet50d",
    "tf_efficientnet_lite0",
    "efficientnet_b0",
    "tf_efficientnet_b0.ns_jft_in1k",
    "efficientnet_b1",
    "tf_efficientnetv2_b0",
    "test_resnet",
)
FAMILIES = ("resnet", "efficientnet")


def side_setting(side: str, details: str = "Larger keeps small details but takes more time and memory.") -> Setting:
    """A side of the network's input."""
    return Setting(
        label=f"Image {side}",
        help=f"Volumes are resampled to this {side}. {details}",
        unit="voxels",
        step=16,
    )


Side = Field(ge=8, le=512)


class VolumeSection(SettingsSection):
    """Input size, channels and normalization of volumes."""

    title: ClassVar[str] = "Image"

    image_width: Annotated[int, Side, side_setting("width")] = 128
    image_height: Annotated[int, Side, side_setting("height")] = 128
    image_depth: Annotated[int, Side, side_setting("depth")] = 128
    image_channels: Annotated[
        int,
        Field(ge=1, le=64),
        Setting(
            label="Image channels",
            help="Values a voxel. 1 for scans of one kind; NumPy and NIfTI volumes can have several. Validation, test "
            "and prediction volumes are read alike.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1
    image_normalization: Annotated[
        Literal["No", "Simple", "Min_Max"],
        Setting(
            label="Image normalization",
            help="How values are scaled before the model. Simple divides by 255, for volumes of bytes. Min_Max brings "
            "each volume to the range from 0 to 1, whatever the scanner's scale.",
            labels=(("Min_Max", "Min_Max"),),
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = "Simple"
    clip_intensities: Annotated[
        bool,
        Setting(
            label="Clip intensities",
            help="Set values below and above a range to its ends before they are scaled. A few extreme voxels, such as "
            "metal in a CT, then leave the contrast of tissue alone.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = False
    clip_lowest: Annotated[
        float,
        Setting(
            label="Clip lowest",
            help="The lower end of the range, in values of the files.",
            visible_if=when(CLIP, True),
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.0
    clip_highest: Annotated[
        float,
        Setting(
            label="Clip highest",
            help="The upper end of the range, in values of the files.",
            visible_if=when(CLIP, True),
            level=ExperienceLevel.SKILLED,
        ),
    ] = 255.0


class VolumeAugmentationSection(SettingsSection):
    """How strongly training volumes are varied."""

    title: ClassVar[str] = "Augmentation"

    augmentations_strategy: Annotated[
        Literal["Soft", "Medium", "Hard"],
        Setting(
            label="Augmentations strategy",
            help="Soft flips along all three axes. Medium also shifts, scales, rotates in the plane of slices and "
            "erases blocks. Hard adds random crops, brightness and contrast.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "Soft"


class VolumeMixMixin(SettingsSection):
    """Mixtures of two volumes."""

    mix_image: Annotated[
        Literal["Mixup", "Disabled"],
        Setting(
            label="Mix image",
            help="Mixup overlays two volumes and mixes their labels.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper=MIXUP_PAPER,
        ),
    ] = "Disabled"
    mix_probability: MixProbability = 1.0
    mix_concentration: MixConcentration = 1.0
    mix_iterations: MixIterations = 1
    mix_target: MixTarget = "Ratio"


class VolumeMixSection(VolumeMixMixin, VolumeAugmentationSection):
    """Variations of volumes, and mixtures of two with labels."""


Encoder = Annotated[
    str,
    Setting(
        label="Encoder",
        help="The network that turns a volume into features: a resnet or efficientnet of the timm library, made "
        "three-dimensional. Its pretrained 2D weights are kept.",
        choices=Library("timm", ENCODERS),
        grid=True,
    ),
]


class VolumeEncoderSection(ArchitectureSection):
    """Encoder, pooling, dropout."""

    encoder: Encoder = "resnet18d"
    pool: Pool = "Average"
    dropout: Annotated[float, Field(ge=0, lt=1), dropout_setting((0.0, 0.2, 0.5))] = 0.0


class VolumeTrainingSection(TrainingSection):
    """Volumes take small batches, and more epochs."""

    batch_size: BatchSize = 4
    epochs: Epochs = 10


class VolumeViewsMixin(SettingsSection):
    """Mirrored views at test time."""

    test_time_augmentations: Annotated[
        tuple[Literal["Horizontal flip", "Vertical flip", "Depth flip"], ...],
        FLIPPED_VIEWS,
    ] = ()


def volume_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Channels that no volume has, an encoder without a 3D form, and an empty range of intensities."""
    readable: Sequence[int] = context.facts.get(CHANNELS_FACT) or ()
    channels, encoder = settings.value(CHANNELS), str(settings.value(ENCODER))
    if readable and channels not in readable:
        yield Finding(
            code="contradiction",
            path=CHANNELS,
            message=f"The volumes of this dataset cannot be read with {channels} channels.",
            found=str(channels),
            expected=" or ".join(map(str, readable)),
            fix=f"Use {readable[0]}.",
        )
    if not any(family in encoder for family in FAMILIES):
        yield Finding(
            code="contradiction",
            path=ENCODER,
            message=f"{encoder} has no three-dimensional form.",
            found=encoder,
            expected="a resnet or efficientnet",
            fix="Use resnet18d.",
        )
    low, high = float(settings.value(CLIP_LOWEST)), float(settings.value(CLIP_HIGHEST))
    if settings.value(CLIP) and low >= high:
        yield Finding(
            code="contradiction",
            path=CLIP_HIGHEST,
            message="The range of intensities is empty, so all voxels would be alike.",
            found=f"{low:g} to {high:g}",
            expected=f"a value above {low:g}",
            fix="Raise Clip highest, or lower Clip lowest.",
        )


def volume_channel_suggestions(readable: Sequence[int]) -> Iterator[SuggestedChange]:
    """The channels of the dataset's volumes where the default cannot read them."""
    if readable and 1 not in readable:
        yield SuggestedChange(CHANNELS, readable[0], f"The volumes of this dataset have {readable[0]} channels.")
