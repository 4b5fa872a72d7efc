"""Settings of image classification."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Library
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.augmentation import LabelMixSection
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.dataset import ImageDatasetSection, LabelsMixin, UnlabeledMixin
from studio.settings.sections.environment import ImageEnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.image import ImageSection
from studio.settings.sections.image_checks import channel_contradictions
from studio.settings.sections.logging import ImageLoggingSection
from studio.settings.sections.losses import ClassificationLossMixin
from studio.settings.sections.prediction import ThresholdSection
from studio.settings.sections.training import TrainingSection
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
Metric = Literal["LogLoss", "ROC_AUC", "F1", "F2", "F05", "Precision", "Recall", "Accuracy", "MCC"]


class DatasetSection(LabelsMixin, UnlabeledMixin, ImageDatasetSection):
    """Images with labels."""

    title: ClassVar[str] = "Dataset"


class Architecture(ArchitectureSection):
    """Backbone, pooling, dropout."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The network that turns an image into features. Small ones train fast, large ones can be more exact. "
            "Any architecture of the timm library can be typed in.",
            choices=Library("timm", BACKBONES),
            grid=True,
        ),
    ] = "resnet50"
    pool: Annotated[
        Literal["Average", "Max", "GeM", "Average+Max"],
        Setting(
            label="Pool",
            help="How the feature map becomes one vector. GeM learns a mean between Average and Max.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper="https://arxiv.org/abs/1711.02512",
        ),
    ] = "Average"
    dropout: Annotated[
        float,
        Field(ge=0, lt=1),
        Setting(
            label="Dropout",
            help="The share of features blanked out at random before the last layer while training.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
            grid=True,
            grid_values=(0.0, 0.2, 0.5),
        ),
    ] = 0.0


class Training(ClassificationLossMixin, TrainingSection):
    """Loss and layer groups."""

    title: ClassVar[str] = "Training"

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "Head"], ...],
        Setting(
            label="Differential learning rate layers",
            help="Layer groups that get their own learning rate. A lower one for the backbone keeps what it knows.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = ()
    run_interpretations: Annotated[
        bool,
        Setting(
            label="Run interpretations",
            help="Show for the samples of the insights which parts of the image speak for the answer (HiResCAM). "
            "For any other image it is shown on demand.",
            level=ExperienceLevel.SKILLED,
            paper="https://arxiv.org/abs/2011.08891",
        ),
    ] = True


class Prediction(ThresholdSection):
    """Metric, threshold and averaging over views."""

    metric: Annotated[
        Metric,
        Setting(
            label="Metric",
            help="The figure that validation reports and that chooses the best checkpoint.",
        ),
    ] = "ROC_AUC"
    test_time_augmentations: Annotated[
        tuple[Literal["Horizontal flip", "Vertical flip"], ...],
        Setting(
            label="Test time augmentations",
            help="Predict mirrored views as well and average the probabilities. Each view takes as long again.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = ()


class ImageClassificationSettings(SettingsSchema):
    """All settings of image classification."""

    problem_type: ClassVar[str] = "image_classification"

    general: GeneralSection = GeneralSection()
    dataset: DatasetSection = DatasetSection()
    image: ImageSection = ImageSection()
    augmentation: LabelMixSection = LabelMixSection()
    architecture: Architecture = Architecture()
    training: Training = Training()
    prediction: Prediction = Prediction()
    environment: ImageEnvironmentSection = ImageEnvironmentSection()
    logging: ImageLoggingSection = ImageLoggingSection()

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from training_contradictions(self, context)
        yield from channel_contradictions(self, context)
        labels = self.dataset.label_columns
        if self.training.loss_function == "CrossEntropy" and context.facts.get("dataset.task") == "multi-label":
            yield Finding(
                code="contradiction",
                path="training.loss_function",
                message="CrossEntropy picks one class, and here an image can have several.",
                found="CrossEntropy",
                expected="Automatic, BCE or Focal",
                fix="Use Automatic, which takes BCE.",
            )
        if context.columns and not labels:
            yield Finding(
                code="no_label",
                path="dataset.label_columns",
                message="No label column is chosen.",
                found="none",
                expected="at least one column",
                fix="Choose the column that holds the classes.",
            )
