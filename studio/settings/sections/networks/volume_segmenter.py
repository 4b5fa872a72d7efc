"""Segmenter of volumes: an inflated encoder, and a decoder that brings its features back to voxels."""

from typing import Annotated, Literal

from pydantic import Field

from studio.settings.schema import SettingsSection
from studio.settings.sections.inputs.volume import Encoder
from studio.settings.sections.training import layers_setting
from studio.settings.setting import ExperienceLevel, Setting

MOST_BLOCKS = 5
"""Scales of features that encoders have."""


class VolumeSegmenterSection(SettingsSection):
    """Encoder, decoder, and how deep they go."""

    encoder: Encoder = "resnet18d"
    decoder: Annotated[
        Literal["Unet", "UnetPlusPlus", "FPN"],
        Setting(
            label="Decoder",
            help="How features of the encoder become voxels again. Unet is a good start; UnetPlusPlus joins scales "
            "more often and takes more time and memory; FPN takes the least.",
            grid=True,
            paper="https://arxiv.org/abs/1606.06650",
        ),
    ] = "Unet"
    number_of_blocks: Annotated[
        int,
        Field(ge=1, le=MOST_BLOCKS),
        Setting(
            label="Number of blocks",
            help="How often the encoder halves a volume and the decoder doubles it again. More see more of the volume "
            "at once; sides are padded to a multiple of 2 to this power, so thin volumes take fewer.",
            level=ExperienceLevel.SKILLED,
            grid=True,
            grid_values=(3, 4, 5),
        ),
    ] = 5
    drop_rate: Annotated[
        float,
        Field(ge=0, lt=1),
        Setting(
            label="Drop rate",
            help="The share of feature channels zeroed at random during training, where encoder and decoder meet and "
            "before the last layer.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
            grid=True,
            grid_values=(0.0, 0.1, 0.3),
        ),
    ] = 0.0
    drop_path_rate: Annotated[
        float,
        Field(ge=0, lt=1),
        Setting(
            label="Drop path rate",
            help="The share of the encoder's last residual branches that are skipped at random during training; "
            "earlier ones are skipped less often.",
            step=0.05,
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(0.0, 0.1, 0.2),
            paper="https://arxiv.org/abs/1603.09382",
        ),
    ] = 0.0


class VolumeSegmenterLayersMixin(SettingsSection):
    """Layer groups of an encoder with a decoder."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Encoder", "Decoder"], ...],
        layers_setting(". A lower one for the encoder keeps what it knows"),
    ] = ()
