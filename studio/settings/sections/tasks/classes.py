"""Classes: how probabilities become answers."""

from typing import Annotated, Literal

from studio.settings.condition import Test, When
from studio.settings.sections.prediction import ThresholdSection
from studio.settings.setting import ExperienceLevel, Setting

SEVERAL_LABELS = When(
    all=(
        Test("dataset.label_columns", "longer", 1),
        Test("dataset.task", "not_in", ("binary", "multi-class")),
    )
)


class ClassThresholdSection(ThresholdSection):
    """Thresholds and temperature, fitted on the validation rows after training."""

    thresholds: Annotated[
        Literal["One threshold", "Per class"],
        Setting(
            label="Thresholds",
            help="One threshold for all classes, or for each class the one with the best F1 on the validation rows, "
            "found after training. Classes with fewer than 5 positives there keep the one threshold.",
            visible_if=SEVERAL_LABELS,
            level=ExperienceLevel.SKILLED,
        ),
    ] = "One threshold"
    temperature_scaling: Annotated[
        bool,
        Setting(
            label="Temperature scaling",
            help="After training, divides the logits by the number that makes the probabilities of the validation rows "
            "most likely, so that 70 % means 70 %. It changes neither the predicted class of one-of-many "
            "problems nor which weights are the best.",
            level=ExperienceLevel.SKILLED,
            paper="https://arxiv.org/abs/1706.04599",
        ),
    ] = False
