"""Losses that several problem types offer."""

from typing import Annotated, Literal

from pydantic import Field

from studio.settings.condition import when
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting

LOSS = "training.loss_function"
FOCAL_PAPER = "https://arxiv.org/abs/1708.02002"


class ClassificationLossMixin(SettingsSection):
    """Losses of classification."""

    loss_function: Annotated[
        Literal["Automatic", "BCE", "CrossEntropy", "Focal"],
        Setting(
            label="Loss function",
            help="What training minimizes. Automatic takes BCE for two classes and for several labels a sample, "
            "CrossEntropy for one of many classes.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "Automatic"
    focal_alpha: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Focal alpha",
            help="The weight of positive against negative labels in the focal loss.",
            step=0.05,
            visible_if=when(LOSS, "Focal"),
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper=FOCAL_PAPER,
        ),
    ] = 0.25
    focal_gamma: Annotated[
        float,
        Field(ge=0, le=10),
        Setting(
            label="Focal gamma",
            help="How much the focal loss ignores samples the model already gets right. 0 ignores none.",
            visible_if=when(LOSS, "Focal"),
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper=FOCAL_PAPER,
        ),
    ] = 2.0


class RegressionLossMixin(SettingsSection):
    """Losses of regression."""

    loss_function: Annotated[
        Literal["MAE", "MSE", "RMSE"],
        Setting(
            label="Loss function",
            help="What training minimizes: the mean absolute error, which minds outliers least, the mean squared "
            "error, or its square root.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "MAE"


class TokenLossMixin(SettingsSection):
    """The loss of models that choose among tokens or tags."""

    loss_function: Annotated[
        Literal["CrossEntropy"],
        Setting(
            label="Loss function",
            help="What training minimizes: the negative log probability of the right choice.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "CrossEntropy"


class MetricLearningLossMixin(SettingsSection):
    """Losses of metric learning."""

    loss_function: Annotated[
        Literal["ArcFace", "CrossEntropy"],
        Setting(
            label="Loss function",
            help="What training minimizes. ArcFace pulls samples of a label together on a sphere, with a margin to all "
            "others; CrossEntropy only tells the training labels apart.",
            level=ExperienceLevel.SKILLED,
            grid=True,
            paper="https://arxiv.org/abs/1801.07698",
        ),
    ] = "ArcFace"
    arcface_margin: Annotated[
        float,
        Field(ge=0, le=1.5),
        Setting(
            label="Arcface margin",
            help="The angle, in radians, by which a sample must be nearer to its own label than to any other. Larger "
            "separates more and is harder to learn.",
            step=0.05,
            visible_if=when(LOSS, "ArcFace"),
            level=ExperienceLevel.SKILLED,
            grid=True,
            grid_values=(0.1, 0.3, 0.5),
        ),
    ] = 0.1
    arcface_scale: Annotated[
        float,
        Field(gt=0, le=1000),
        Setting(
            label="Arcface scale",
            help="What cosines are multiplied by before the softmax. Larger makes it surer, and gradients steeper.",
            visible_if=when(LOSS, "ArcFace"),
            level=ExperienceLevel.SKILLED,
            grid=True,
            grid_values=(16.0, 30.0, 45.0),
        ),
    ] = 45.0
