"""Settings of image object detection with EfficientDet."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.problems.image_object_detection.sections import DetectorSettings, DetectorTraining
from studio.settings.choices import ChoiceContext, Library
from studio.settings.finding import Finding
from studio.settings.sections.architecture import ArchitectureSection
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
PAPER = "https://arxiv.org/abs/1911.09070"
FOCAL_PAPER = "https://arxiv.org/abs/1708.02002"


class Architecture(ArchitectureSection):
    """EfficientDet and its anchors."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The EfficientDet variant; d0 and lite0 are small, higher numbers are slower and more exact. "
            "Any name of the efficientdet-pytorch library can be typed in.",
            choices=Library("efficientdet", BACKBONES),
            grid=True,
            paper=PAPER,
        ),
    ] = "tf_efficientdet_d0"
    drop_path_rate: Annotated[
        str,
        Setting(
            label="Drop path rate",
            help="How often whole branches of the backbone are skipped while training. "
            "Default takes the backbone's own rate.",
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
            help="Width to height of the anchors; they should cover the shapes of your boxes.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = (1.0, 2.0, 0.5)
    anchor_iou_match_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Anchor Iou match threshold",
            help="An anchor stands for a box when they overlap by more than this.",
            step=0.05,
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = 0.5


class Training(DetectorTraining):
    """Layer groups and loss weights of EfficientDet."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "FPN", "class_net", "box_net"], ...],
        Setting(
            label="Differential learning rate layers",
            help="Layer groups that get their own learning rate. A lower one for the backbone keeps what it knows.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = ()
    box_loss_weight: Annotated[
        float,
        Field(ge=0, le=1000),
        Setting(
            label="Box loss weight",
            help="How much the place of a box counts against its class.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 50.0
    focal_cls_loss_alpha: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Focal Cls loss alpha",
            help="The weight of objects against background in the class loss.",
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
            help="How strongly the class loss turns away from anchors that are already right.",
            step=0.5,
            level=ExperienceLevel.EXPERT,
            paper=FOCAL_PAPER,
        ),
    ] = 1.5


class EfficientDetSettings(DetectorSettings):
    """All settings of image object detection with EfficientDet."""

    model_type: ClassVar[str | None] = "efficientdet"

    architecture: Architecture = Architecture()
    training: Training = Training()

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from super().contradictions(context)
        rate = self.architecture.drop_path_rate
        if rate != "Default" and not _is_rate(rate):
            yield Finding(
                code="out_of_range",
                path="architecture.drop_path_rate",
                message="Drop path rate must be Default or a number from 0 to below 1.",
                found=rate,
                expected="Default, or a number from 0 to below 1",
                fix="Use Default.",
            )
        if any(not 0.05 <= ratio <= 20 for ratio in self.architecture.anchor_aspect_ratios):
            yield Finding(
                code="out_of_range",
                path="architecture.anchor_aspect_ratios",
                message="Every anchor aspect ratio must lie between 0.05 and 20.",
                found=", ".join(map(str, self.architecture.anchor_aspect_ratios)),
                expected="0.05 to 20",
                fix="Use 1.0, 2.0, 0.5.",
            )


def _is_rate(text: str) -> bool:
    try:
        return 0 <= float(text) < 1
    except ValueError:
        return False
