"""What the settings of every detector share: boxes in the dataset, larger images, overlaps and limits."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Columns
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.augmentation import BoxMixSection
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.dataset import ImageDatasetSection, UnlabeledMixin
from studio.settings.sections.environment import ImageEnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.image import ImageSection
from studio.settings.sections.image_checks import channel_contradictions
from studio.settings.sections.logging import ImageLoggingSection
from studio.settings.sections.prediction import ThresholdSection
from studio.settings.sections.training import TrainingSection
from studio.settings.setting import ExperienceLevel, Setting

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
"""Suggested ones of timm whose maps of several scales carry a feature pyramid."""


class DatasetSection(UnlabeledMixin, ImageDatasetSection):
    """Images with lists of boxes."""

    title: ClassVar[str] = "Dataset"

    class_name_column: Annotated[
        str,
        Setting(
            label="Class name column",
            help="The column with a list of class names, one a box.",
            choices=Columns(kinds=("list", "text")),
        ),
    ] = ""
    x_min_column: Annotated[
        str,
        Setting(label="X min column", help="The column with a list of left edges in pixels.", choices=Columns()),
    ] = ""
    y_min_column: Annotated[
        str,
        Setting(label="Y min column", help="The column with a list of top edges in pixels.", choices=Columns()),
    ] = ""
    x_max_column: Annotated[
        str,
        Setting(label="X max column", help="The column with a list of right edges in pixels.", choices=Columns()),
    ] = ""
    y_max_column: Annotated[
        str,
        Setting(label="Y max column", help="The column with a list of bottom edges in pixels.", choices=Columns()),
    ] = ""


class Image(ImageSection):
    """Detection looks at larger images."""

    image_width: Annotated[
        int,
        Field(ge=64, le=4096),
        Setting(
            label="Image width",
            help="Images are resized to this width, boxes with them. Small objects need a larger one.",
            unit="px",
            step=128,
        ),
    ] = 512
    image_height: Annotated[
        int,
        Field(ge=64, le=4096),
        Setting(
            label="Image height",
            help="Images are resized to this height, boxes with them. Small objects need a larger one.",
            unit="px",
            step=128,
        ),
    ] = 512


class DetectorTraining(TrainingSection):
    """Detection takes smaller batches."""

    batch_size: Annotated[
        int,
        Field(ge=1, le=4096),
        Setting(
            label="Batch size",
            help="Images a device works on at a time. Larger needs more memory.",
            grid=True,
            grid_values=(4, 8, 16),
        ),
    ] = 16


class Prediction(ThresholdSection):
    """Metric, overlap thresholds and limits."""

    metric: Annotated[
        Literal["mAP"],
        Setting(label="Metric", help="Mean over the classes of the average precision at the overlap below."),
    ] = "mAP"
    metric_iou_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Metric Iou threshold",
            help="A predicted box is right when it overlaps a true box of its class by more than this.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5
    nms_iou_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Nms Iou threshold",
            help="Of two boxes of a class that overlap by more than this, the one with the higher score stays.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5
    max_det_per_image: Annotated[
        int,
        Field(ge=1, le=5000),
        Setting(
            label="Max det per image",
            help="At most this many boxes are kept for an image, best first.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 100
    probability_threshold: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Probability threshold",
            help="Boxes with a confidence above this go into the prediction table. Raw outputs keep all.",
            step=0.05,
        ),
    ] = 0.3


class DetectorSettings(SettingsSchema):
    """The sections of every detector, in their order; a model type fills in architecture and training."""

    problem_type: ClassVar[str] = "image_object_detection"

    general: GeneralSection = GeneralSection()
    dataset: DatasetSection = DatasetSection()
    image: Image = Image()
    augmentation: BoxMixSection = BoxMixSection()
    architecture: ArchitectureSection = ArchitectureSection()
    training: DetectorTraining = DetectorTraining()
    prediction: Prediction = Prediction()
    environment: ImageEnvironmentSection = ImageEnvironmentSection()
    logging: ImageLoggingSection = ImageLoggingSection()

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from training_contradictions(self, context)
        yield from channel_contradictions(self, context)
