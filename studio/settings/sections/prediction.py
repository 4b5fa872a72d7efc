"""Prediction: how outputs become answers and are scored."""

from typing import Annotated, ClassVar

from pydantic import Field

from studio.settings.condition import Test, When
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting

DECIDES = When(any=(Test("dataset.task", "not_in", ("multi-class",)), Test("dataset.label_columns", "longer", 1)))
"""Where a probability is compared with the threshold: of several classes in one column the likeliest is taken."""


class ThresholdSection(SettingsSection):
    """A probability above which an answer is yes. Problem types add their metric."""

    title: ClassVar[str] = "Prediction"

    probability_threshold: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Probability threshold",
            help="The probability above which a prediction is positive.",
            step=0.05,
            visible_if=DECIDES,
        ),
    ] = 0.5


class SimilarRowsMixin(SettingsSection):
    """How many neighbours are kept."""

    top_k_similar: Annotated[
        int,
        Field(ge=1, le=1000),
        Setting(
            label="Top K similar",
            help="How many of the most similar rows are kept for each one. It affects the output and the metrics "
            "at k, not training.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 50
