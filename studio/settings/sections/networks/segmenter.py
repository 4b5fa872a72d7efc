"""Segmenter: an encoder, a decoder that brings its features back to pixels, and a head that gives the classes."""

from collections.abc import Iterator
from typing import Annotated, Literal

from studio.settings.choices import ChoiceContext, Library
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.training import layers_setting
from studio.settings.setting import Setting

POOLS_THE_IMAGE = ("DeepLabV3", "DeepLabV3Plus", "PSPNet")
"""Decoders that normalize a single value an image, which takes more than one image."""
ENCODERS = (
    "tf_efficientnet_lite0",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet18d",
    "efficientnet_b0",
    "tf_efficientnetv2_s",
    "mobilenetv3_large_100",
    "convnext_tiny",
    "regnety_008",
    "mit_b0",
    "mit_b2",
    "mobileone_s0",
    "test_resnet",
)


class SegmenterSection(SettingsSection):
    """Encoder and decoder."""

    architecture: Annotated[
        Literal[
            "Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PSPNet", "DeepLabV3", "DeepLabV3Plus", "PAN", "UPerNet",
            "Segformer", "DPT",
        ],
        Setting(
            label="Architecture",
            help="How features of the encoder become pixels again. Unet is a good start; FPN and DeepLabV3Plus take "
            "less time; DPT needs a vision transformer as backbone.",
            grid=True,
            paper="https://arxiv.org/abs/1505.04597",
        ),
    ] = "Unet"  # fmt: skip
    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The encoder that turns an image into feature maps: any architecture of the timm library that gives "
            "maps of several scales, or one of segmentation-models-pytorch.",
            choices=Library("segmentation", ENCODERS),
            grid=True,
        ),
    ] = "resnet34"


class SegmenterLayersMixin(SettingsSection):
    """Layer groups of an encoder with a decoder and a head."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Encoder", "Decoder", "Segmentation head"], ...],
        layers_setting(". A lower one for the encoder keeps what it knows"),
    ] = ()


def segmenter_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """A decoder that cannot learn from single images."""
    architecture = settings.value("architecture.architecture")
    if architecture in POOLS_THE_IMAGE and settings.value("training.batch_size") == 1:
        yield Finding(
            code="contradiction",
            path="training.batch_size",
            message=f"{architecture} normalizes over the images of a batch and cannot learn from one alone.",
            found="1",
            expected="at least 2",
            fix="Use a batch of 2 or more, or another architecture.",
        )
