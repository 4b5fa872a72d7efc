"""Masks of classes: where they stand in a table, losses, and the threshold of a pixel."""

from typing import Annotated, Literal

from pydantic import Field

from studio.settings.choices import Columns
from studio.settings.condition import when
from studio.settings.schema import SettingsSection
from studio.settings.sections.losses import LOSS, focal_alpha_setting, focal_gamma_setting
from studio.settings.sections.prediction import ThresholdSection
from studio.settings.setting import ExperienceLevel, Setting


class MaskColumnsMixin(SettingsSection):
    """Columns with lists of masks."""

    class_name_column: Annotated[
        str,
        Setting(
            label="Class name column",
            help="The column with a list of class names, one a mask.",
            choices=Columns(kinds=("list", "text")),
        ),
    ] = ""
    rle_mask_column: Annotated[
        str,
        Setting(
            label="RLE mask column",
            help="The column with a list of masks as run lengths: pairs of start and length, counted from 1 with the "
            "first axis running fastest, which is down the columns of an image. An empty text is an empty mask.",
            choices=Columns(kinds=("list", "text")),
        ),
    ] = ""


def weight_setting(part: str, *losses: str) -> Setting:
    """How much one part of a combined loss counts."""
    return Setting(
        label=f"{part} weight",
        help=f"How much {part} counts in the combined loss, against the weight of the other part.",
        visible_if=when(LOSS, *losses),
        step=0.5,
        level=ExperienceLevel.EXPERT,
        grid=True,
    )


class MaskLossMixin(SettingsSection):
    """Losses of masks."""

    loss_function: Annotated[
        Literal["BCE", "BCEDice", "BCELovasz", "CrossEntropy", "Dice", "Focal", "FocalDice", "Jaccard"],
        Setting(
            label="Loss function",
            help="What training minimizes. BCE and Focal look at each pixel; Dice, Jaccard and Lovasz at the overlap "
            "of whole masks, which helps where classes are small. All take classes that overlap, but for CrossEntropy, "
            "by which a pixel is of one class or of none.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "BCEDice"
    bce_weight: Annotated[float, Field(ge=0, le=100), weight_setting("BCE", "BCEDice", "BCELovasz")] = 2.0
    dice_weight: Annotated[float, Field(ge=0, le=100), weight_setting("Dice", "BCEDice", "FocalDice")] = 1.0
    focal_weight: Annotated[float, Field(ge=0, le=100), weight_setting("Focal", "FocalDice")] = 2.0
    lovasz_weight: Annotated[float, Field(ge=0, le=100), weight_setting("Lovasz", "BCELovasz")] = 2.0
    focal_alpha: Annotated[float, Field(ge=0, le=1), focal_alpha_setting("Focal", "FocalDice")] = 0.25
    focal_gamma: Annotated[float, Field(ge=0, le=10), focal_gamma_setting("Focal", "FocalDice")] = 2.0


class MaskThresholdSection(ThresholdSection):
    """The probability from which on a pixel is of a class."""

    probability_threshold: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Probability threshold",
            help="A pixel is of a class from this probability on. Predicted masks and metrics follow it; insights show "
            "all thresholds.",
            step=0.05,
        ),
    ] = 0.5
