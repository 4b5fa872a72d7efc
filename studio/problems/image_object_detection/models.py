"""The detectors there are, with the settings that each alone has: backbone, anchors, layer groups, loss weights."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from studio.problems.composition import ModelSpec
from studio.settings.choices import ChoiceContext, Library
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.networks.pyramid import pyramid_backbone
from studio.settings.sections.training import layers_setting
from studio.settings.setting import ExperienceLevel, Setting

BACKBONES = (
    "tf_efficientdet_lite0",
    "tf_efficientdet_d0",
    "tf_efficientdet_d1",
    "tf_efficientdet_d2",
    "tf_efficientdet_d3",
    "tf_efficientdet_d0_ap",
    "efficientdet_d0",
    "efficientdet_q0",
    "efficientdetv2_dt",
    "resdet50",
    "cspresdet50",
)
FOCAL_PAPER = "https://arxiv.org/abs/1708.02002"


class EfficientDetSection(SettingsSection):
    """EfficientDet and its anchors."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The EfficientDet variant; d0 and lite0 are small, higher numbers are slower and more accurate. "
            "Any name of the efficientdet-pytorch library can be typed in.",
            choices=Library("efficientdet", BACKBONES),
            grid=True,
            paper="https://arxiv.org/abs/1911.09070",
        ),
    ] = "tf_efficientdet_d0"
    drop_path_rate: Annotated[
        str,
        Setting(
            label="Drop path rate",
            help="The probability that a residual branch of the backbone is skipped during training (stochastic "
            "depth). Default uses the backbone's own rate.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper="https://arxiv.org/abs/1603.09382",
        ),
    ] = "Default"
    anchor_num_scales: Annotated[
        int,
        Field(ge=1, le=9),
        Setting(
            label="Anchor num scales",
            help="Anchor sizes on each level. More follow the sizes of objects more closely and cost time.",
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = 3
    anchor_scale: Annotated[
        float,
        Field(gt=0, le=32),
        Setting(
            label="Anchor scale",
            help="The size of all anchors. Lower it for very small objects, raise it for very large ones.",
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = 4.0
    anchor_aspect_ratios: Annotated[
        tuple[float, ...],
        Field(min_length=1, max_length=9),
        Setting(
            label="Anchor aspect ratios",
            help="Width divided by height of the anchors; the ratios should cover the shapes of your boxes.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = (1.0, 2.0, 0.5)
    anchor_iou_match_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Anchor Iou match threshold",
            help="An anchor is matched to a box when their IoU is above this.",
            step=0.05,
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = 0.5


class EfficientDetTraining(SettingsSection):
    """Layer groups and loss weights of EfficientDet."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "FPN", "class_net", "box_net"], ...],
        layers_setting(". A lower rate for the backbone preserves its pretrained features"),
    ] = ()
    box_loss_weight: Annotated[
        float,
        Field(ge=0, le=1000),
        Setting(
            label="Box loss weight",
            help="The weight of the box loss relative to the class loss.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 50.0
    focal_cls_loss_alpha: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Focal Cls loss alpha",
            help="The weight of objects relative to background in the class loss.",
            step=0.05,
            level=ExperienceLevel.EXPERT,
            paper=FOCAL_PAPER,
        ),
    ] = 0.25
    focal_cls_loss_gamma: Annotated[
        float,
        Field(ge=0, le=10),
        Setting(
            label="Focal Cls loss gamma",
            help="How strongly the class loss down-weights anchors that are already classified correctly.",
            step=0.5,
            level=ExperienceLevel.EXPERT,
            paper=FOCAL_PAPER,
        ),
    ] = 1.5


class FasterRcnnSection(SettingsSection):
    """A timm backbone under a feature pyramid."""

    backbone: Annotated[
        str,
        pyramid_backbone("from which regions are proposed and then judged", "https://arxiv.org/abs/1506.01497"),
    ] = "resnet50"


class FasterRcnnTraining(SettingsSection):
    """Layer groups of Faster R-CNN."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Body", "FPN", "RPN", "ROI heads"], ...],
        layers_setting(". A lower rate for the body preserves its pretrained features"),
    ] = ()


class FcosSection(SettingsSection):
    """A timm backbone under a feature pyramid."""

    backbone: Annotated[
        str,
        pyramid_backbone("at each point of which a box may be found", "https://arxiv.org/abs/1904.01355"),
    ] = "resnet50"


class FcosTraining(SettingsSection):
    """Layer groups of FCOS."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Body", "FPN", "classification_head", "regression_head"], ...],
        layers_setting(". A lower rate for the body preserves its pretrained features"),
    ] = ()


def efficientdet_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """A rate that is none, and anchors of a shape that no object has."""
    rate = settings.value("architecture.drop_path_rate")
    if rate != "Default" and not _is_rate(rate):
        yield Finding(
            code="out_of_range",
            path="architecture.drop_path_rate",
            message="Drop path rate must be Default or a number from 0 to below 1.",
            found=rate,
            expected="Default, or a number from 0 to below 1",
            fix="Use Default.",
        )
    ratios = settings.value("architecture.anchor_aspect_ratios")
    if any(not 0.05 <= ratio <= 20 for ratio in ratios):
        yield Finding(
            code="out_of_range",
            path="architecture.anchor_aspect_ratios",
            message="Every anchor aspect ratio must lie between 0.05 and 20.",
            found=", ".join(map(str, ratios)),
            expected="0.05 to 20",
            fix="Use 1.0, 2.0, 0.5.",
        )


def _is_rate(text: str) -> bool:
    try:
        return 0 <= float(text) < 1
    except ValueError:
        return False


MODELS = (
    ModelSpec(
        "efficientdet",
        "Efficientdet",
        (EfficientDetSection,),
        (EfficientDetTraining,),
        efficientdet_contradictions,
    ),
    ModelSpec("faster_rcnn", "Faster Rcnn", (FasterRcnnSection,), (FasterRcnnTraining,)),
    ModelSpec("fcos", "Fcos", (FcosSection,), (FcosTraining,)),
)
