"""Settings of image object detection with Faster R-CNN."""

from typing import Annotated, ClassVar, Literal

from studio.problems.image_object_detection.sections import PYRAMID_BACKBONES, DetectorSettings, DetectorTraining
from studio.settings.choices import Library
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.setting import ExperienceLevel, Setting

PAPER = "https://arxiv.org/abs/1506.01497"


class Architecture(ArchitectureSection):
    """A timm backbone under a feature pyramid."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The network that turns an image into feature maps, from which regions are proposed and then judged. "
            "Any architecture of the timm library that gives feature maps can be typed in.",
            choices=Library("timm", PYRAMID_BACKBONES),
            grid=True,
            paper=PAPER,
        ),
    ] = "resnet50"


class Training(DetectorTraining):
    """Layer groups of Faster R-CNN."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Body", "FPN", "RPN", "ROI heads"], ...],
        Setting(
            label="Differential learning rate layers",
            help="Layer groups that get their own learning rate. A lower one for the body keeps what it knows.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = ()


class FasterRcnnSettings(DetectorSettings):
    """All settings of image object detection with Faster R-CNN."""

    model_type: ClassVar[str | None] = "faster_rcnn"

    architecture: Architecture = Architecture()
    training: Training = Training()
