"""Architecture: what every model built on a pretrained backbone has in common."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.condition import When
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting

NETWORK_KEYS = ("architecture.backbone", "architecture.encoder")
"""The settings that name a pretrained network. Of several in one model, each is `architecture.<part>_backbone`."""
PART = "_backbone"
PRETRAINED = "architecture.pretrained"


def network_keys(known: Iterable[str]) -> tuple[str, ...]:
    """Those that these settings have, one for each network of a model."""
    return tuple(
        key for key in known if key in NETWORK_KEYS or (key.startswith("architecture.") and key.endswith(PART))
    )


def network_key(known: Iterable[str]) -> str:
    """The first of them."""
    return next(iter(network_keys(known)), NETWORK_KEYS[0])


def pretrained_key(network: str) -> str:
    """The setting that says whether the network that `network` names starts from pretrained weights."""
    return f"{network.removesuffix(PART)}_pretrained" if network.endswith(PART) else PRETRAINED


class PretrainedSection(SettingsSection):
    """Whether weights are pretrained. Problem types add their backbone."""

    title: ClassVar[str] = "Architecture"

    pretrained: Annotated[
        bool,
        Setting(
            label="Pretrained",
            help="Start from weights learned on a large general dataset. Off starts from random weights.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = True


BatchNormalization = Literal["Automatic", "Train", "Frozen"]


def batch_normalization_setting(visible_if: When | None = None) -> Setting:
    """Whether running statistics are kept; shown where the backbone has any."""
    return Setting(
        label="Batch normalization",
        help="Frozen keeps the pretrained statistics, which is more stable on small datasets; Train updates "
        "them. Automatic freezes them when weights are pretrained and the backbone has its own lower "
        "learning rate.",
        visible_if=visible_if,
        level=ExperienceLevel.EXPERT,
        grid=True,
    )


class ArchitectureSection(PretrainedSection):
    """Pretrained weights and how batch normalization treats them."""

    batch_normalization: Annotated[BatchNormalization, batch_normalization_setting()] = "Automatic"


def dropout_setting(grid_values: tuple[float, ...]) -> Setting:
    """The dropout before the last layer; how much of it is worth a try depends on the encoder."""
    return Setting(
        label="Dropout",
        help="The share of features zeroed at random before the last layer during training.",
        step=0.05,
        level=ExperienceLevel.SKILLED,
        grid=True,
        grid_values=grid_values,
    )


class EmbeddingMixin(SettingsSection):
    """The neck that gives the embedding."""

    embedding_size: Annotated[
        int,
        Field(ge=2, le=8192),
        Setting(
            label="Embedding size",
            help="The dimension of the embedding. Smaller generalizes more and takes less memory; larger separates "
            "finer differences.",
            grid=True,
            grid_values=(128, 256, 512),
        ),
    ] = 512
