"""Settings of image object detection with FCOS."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from studio.problems.image_object_detection.sections import DatasetSection, DetectorTraining, Image, Prediction
from studio.settings.choices import ChoiceContext, Library
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.augmentation import BoxMixSection
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.environment import EnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.image_checks import channel_contradictions
from studio.settings.sections.logging import ImageLoggingSection
from studio.settings.setting import ExperienceLevel, Setting

BACKBONES = (
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
PAPER = "https://arxiv.org/abs/1904.01355"


class Architecture(ArchitectureSection):
    """A timm backbone under a feature pyramid."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The network that turns an image into feature maps, at each point of which a box may be found. "
            "Any architecture of the timm library that gives feature maps can be typed in.",
            choices=Library("timm", BACKBONES),
            grid=True,
            paper=PAPER,
        ),
    ] = "resnet50"


class Training(DetectorTraining):
    """Layer groups of FCOS."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Body", "FPN", "classification_head", "regression_head"], ...],
        Setting(
            label="Differential learning rate layers",
            help="Layer groups that get their own learning rate. A lower one for the body keeps what it knows.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = ()


class FcosSettings(SettingsSchema):
    """All settings of image object detection with FCOS."""

    problem_type: ClassVar[str] = "image_object_detection"
    model_type: ClassVar[str | None] = "fcos"

    general: GeneralSection = GeneralSection()
    dataset: DatasetSection = DatasetSection()
    image: Image = Image()
    augmentation: BoxMixSection = BoxMixSection()
    architecture: Architecture = Architecture()
    training: Training = Training()
    prediction: Prediction = Prediction()
    environment: EnvironmentSection = EnvironmentSection()
    logging: ImageLoggingSection = ImageLoggingSection()

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from training_contradictions(self)
        yield from channel_contradictions(self, context)
