"""Image backbones: a timm network whose feature map becomes one vector, and what is shown and averaged of it."""

from typing import Annotated, Literal

from pydantic import Field

from studio.settings.choices import Library
from studio.settings.schema import SettingsSection
from studio.settings.sections.architecture import ArchitectureSection, dropout_setting
from studio.settings.setting import ExperienceLevel, Setting

BACKBONES = (
    "tf_efficientnet_lite0",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet18d",
    "resnet50d",
    "efficientnet_b0",
    "tf_efficientnet_b0.ns_jft_in1k",
    "tf_efficientnetv2_s",
    "mobilenetv3_large_100",
    "convnext_tiny",
    "convnextv2_nano",
    "regnety_008",
    "vit_small_patch16_224",
    "swin_tiny_patch4_window7_224",
    "test_resnet",
)

Pool = Annotated[
    Literal["Average", "Max", "GeM", "Average+Max"],
    Setting(
        label="Pool",
        help="How the feature map becomes one vector. GeM learns a mean between Average and Max.",
        level=ExperienceLevel.EXPERT,
        grid=True,
        paper="https://arxiv.org/abs/1711.02512",
    ),
]


FLIPPED_VIEWS = Setting(
    label="Test time augmentations",
    help="Predict flipped views as well and average the predictions. Each view adds the time of one prediction.",
    level=ExperienceLevel.EXPERT,
)


class PooledBackboneSection(ArchitectureSection):
    """Backbone, pooling, dropout."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The network that turns an image into features. Small ones train fast, large ones can be more "
            "accurate. Any architecture of the timm library can be typed in.",
            choices=Library("timm", BACKBONES),
            grid=True,
        ),
    ] = "resnet50"
    pool: Pool = "Average"
    dropout: Annotated[
        float,
        Field(ge=0, lt=1),
        dropout_setting((0.0, 0.2, 0.5)),
    ] = 0.0


class ImageViewsMixin(SettingsSection):
    """Mirrored views at test time."""

    test_time_augmentations: Annotated[
        tuple[Literal["Horizontal flip", "Vertical flip"], ...],
        FLIPPED_VIEWS,
    ] = ()
