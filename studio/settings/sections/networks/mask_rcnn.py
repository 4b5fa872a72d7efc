"""Mask R-CNN: boxes are proposed and judged, then each gets a mask."""

from typing import Annotated, Literal

from studio.settings.schema import SettingsSection
from studio.settings.sections.networks.pyramid import pyramid_backbone
from studio.settings.sections.training import layers_setting


class MaskRcnnSection(SettingsSection):
    """A timm backbone under a feature pyramid."""

    backbone: Annotated[
        str,
        pyramid_backbone(
            "from which regions are proposed, judged and given a mask", "https://arxiv.org/abs/1703.06870"
        ),
    ] = "resnet50"


class MaskRcnnLayersMixin(SettingsSection):
    """Layer groups of Mask R-CNN."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Body", "FPN", "RPN", "ROI heads", "Mask head"], ...],
        layers_setting(". A lower rate for the body preserves its pretrained features"),
    ] = ()
