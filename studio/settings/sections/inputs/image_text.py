"""An image with texts: two encoders, what joins their vectors, and the settings that each has of its own."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.condition import when
from studio.settings.part_settings import part_setting
from studio.settings.schema import SettingsSection
from studio.settings.sections.architecture import ArchitectureSection, dropout_setting
from studio.settings.sections.augmentation import ImageAugmentationSection
from studio.settings.sections.dataset import ImageDatasetSection
from studio.settings.sections.image_backbone import PooledBackboneSection
from studio.settings.sections.text import PooledTransformerSection, TextDatasetSection, TokenMaskSection
from studio.settings.sections.training import BatchSize, Epochs, LearningRate, TrainingSection, layers_setting
from studio.settings.setting import ExperienceLevel, Setting

FUSION = "architecture.fusion"


class ImageTextDatasetSection(TextDatasetSection, ImageDatasetSection):
    """Rows that name an image and hold texts."""


class ImageTextAugmentationSection(TokenMaskSection, ImageAugmentationSection):
    """Varied images, hidden tokens."""


def _freeze_setting(part: str) -> Setting:
    return Setting(
        label=f"Freeze {part} encoder",
        help=f"Keep the weights of the {part} encoder as they are and train only what follows. Faster, and safer on "
        "few rows; the features are those of the pretraining.",
        level=ExperienceLevel.SKILLED,
        grid=True,
    )


class ImageTextArchitectureSection(SettingsSection):
    """Two pretrained encoders whose vectors are joined."""

    title: ClassVar[str] = "Architecture"

    image_backbone: Annotated[str, part_setting(PooledBackboneSection, "backbone", "Image backbone")] = "resnet50"
    image_pretrained: Annotated[
        bool, part_setting(PooledBackboneSection, "pretrained", "Pretrained image backbone")
    ] = True
    freeze_image_encoder: Annotated[bool, _freeze_setting("image")] = False
    image_pool: Annotated[
        Literal["Average", "Max", "GeM", "Average+Max"], part_setting(PooledBackboneSection, "pool", "Image pool")
    ] = "Average"
    batch_normalization: Annotated[
        Literal["Automatic", "Train", "Frozen"],
        part_setting(ArchitectureSection, "batch_normalization", "Batch normalization"),
    ] = "Automatic"
    text_backbone: Annotated[str, part_setting(PooledTransformerSection, "backbone", "Text backbone")] = (
        "bert-base-uncased"
    )
    text_pretrained: Annotated[
        bool, part_setting(PooledTransformerSection, "pretrained", "Pretrained text backbone")
    ] = True
    freeze_text_encoder: Annotated[bool, _freeze_setting("text")] = False
    text_pool: Annotated[
        Literal["[CLS] token", "Average", "Max", "GeM"], part_setting(PooledTransformerSection, "pool", "Text pool")
    ] = "[CLS] token"
    gradient_checkpointing: Annotated[
        bool, part_setting(PooledTransformerSection, "gradient_checkpointing", "Gradient checkpointing")
    ] = False
    intermediate_dropout: Annotated[
        float,
        Field(ge=0, le=0.9),
        part_setting(PooledTransformerSection, "intermediate_dropout", "Intermediate dropout"),
    ] = 0.0
    fusion: Annotated[
        Literal["Concatenation", "Gated"],
        Setting(
            label="Fusion",
            help="How the vectors of image and text become one. Concatenation puts one behind the other. Gated learns "
            "for each sample and feature how much the image counts against the text.",
            level=ExperienceLevel.SKILLED,
            grid=True,
            paper="https://arxiv.org/abs/1702.01992",
        ),
    ] = "Concatenation"
    fusion_size: Annotated[
        int,
        Field(ge=8, le=8192),
        Setting(
            label="Fusion size",
            help="The length of the joined vector.",
            visible_if=when(FUSION, "Gated"),
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(256, 512, 1024),
        ),
    ] = 512
    dropout: Annotated[float, Field(ge=0, lt=1), dropout_setting((0.0, 0.1, 0.3))] = 0.0


class ImageTextTrainingSection(TrainingSection):
    """Rates between those of images and of transformers."""

    learning_rate: LearningRate = 1e-4
    batch_size: BatchSize = 16
    epochs: Epochs = 5


class ImageTextLayersMixin(SettingsSection):
    """Layer groups of two encoders and what follows them."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Image encoder", "Text encoder", "Fusion", "Head"], ...],
        layers_setting(". A lower rate for the encoders preserves their pretrained features"),
    ] = ()
