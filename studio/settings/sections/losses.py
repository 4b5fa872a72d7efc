"""Losses that several problem types offer."""

from typing import Annotated, Literal

from pydantic import Field

from studio.settings.condition import when
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting

LOSS = "training.loss_function"
FOCAL_PAPER = "https://arxiv.org/abs/1708.02002"


def focal_alpha_setting(*losses: str) -> Setting:
    """The balance of the focal loss, for the losses that have it in them."""
    return Setting(
        label="Focal alpha",
        help="The weight of positive relative to negative labels in the focal loss.",
        step=0.05,
        visible_if=when(LOSS, *losses),
        level=ExperienceLevel.EXPERT,
        grid=True,
        paper=FOCAL_PAPER,
    )


def focal_gamma_setting(*losses: str) -> Setting:
    """The focus of the focal loss, for the losses that have it in them."""
    return Setting(
        label="Focal gamma",
        help="How much the focal loss down-weights samples that are already classified correctly. 0 is cross-entropy.",
        visible_if=when(LOSS, *losses),
        level=ExperienceLevel.EXPERT,
        grid=True,
        paper=FOCAL_PAPER,
    )


class ClassificationLossMixin(SettingsSection):
    """Losses of classification."""

    loss_function: Annotated[
        Literal["Automatic", "BCE", "CrossEntropy", "Focal"],
        Setting(
            label="Loss function",
            help="What training minimizes. Automatic takes BCE for two classes and for several labels per sample, "
            "CrossEntropy for one of many classes.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "Automatic"
    focal_alpha: Annotated[float, Field(ge=0, le=1), focal_alpha_setting("Focal")] = 0.25
    focal_gamma: Annotated[float, Field(ge=0, le=10), focal_gamma_setting("Focal")] = 2.0
    class_weights: Annotated[
        Literal["None", "Square root", "Balanced"],
        Setting(
            label="Class weights",
            help="How much more rows of rare classes count in the training loss. Balanced weights a class by the "
            "inverse of its number of training rows, Square root by the root of that. Rare classes are then predicted "
            "more often, and their probabilities come out too high. The validation loss stays unweighted.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "None"


class RegressionLossMixin(SettingsSection):
    """Losses of regression."""

    loss_function: Annotated[
        Literal["MAE", "MSE", "RMSE"],
        Setting(
            label="Loss function",
            help="What training minimizes: the mean absolute error, which is least sensitive to outliers, the mean "
            "squared error, or its square root.",
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
            help="What training minimizes. ArcFace groups samples of a label on a hypersphere, with an angular "
            "margin to other labels; CrossEntropy only classifies the training labels.",
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
            help="The angle, in radians, by which a sample must be closer to its own label than to any other. "
            "Larger separates more but is harder to train.",
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
            help="The factor of the cosines before the softmax. Larger makes the softmax sharper and gradients larger.",
            visible_if=when(LOSS, "ArcFace"),
            level=ExperienceLevel.SKILLED,
            grid=True,
            grid_values=(16.0, 30.0, 45.0),
        ),
    ] = 45.0
