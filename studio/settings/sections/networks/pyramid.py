"""Pyramids: a timm backbone whose maps of several scales carry a feature pyramid."""

from studio.settings.choices import Library
from studio.settings.setting import Setting

PYRAMID_BACKBONES = (
    "tf_efficientnet_lite0",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet50d",
    "efficientnet_b0",
    "tf_efficientnetv2_s",
    "mobilenetv3_large_100",
    "convnext_tiny",
    "regnety_008",
    "test_resnet",
)
"""Suggested ones of timm."""


def pyramid_backbone(purpose: str, paper: str) -> Setting:
    """The choice of a timm network; what its feature maps are for, and the paper of the detector."""
    return Setting(
        label="Backbone",
        help=f"The network that turns an image into feature maps, {purpose}. Any architecture of the timm library that "
        "gives feature maps can be typed in.",
        choices=Library("timm", PYRAMID_BACKBONES),
        grid=True,
        paper=paper,
    )
