"""Prediction: how outputs become answers and are scored."""

from typing import Annotated, ClassVar

from pydantic import Field

from studio.settings.schema import SettingsSection
from studio.settings.setting import Setting


class ThresholdSection(SettingsSection):
    """A probability above which an answer is yes. Problem types add their metric."""

    title: ClassVar[str] = "Prediction"

    probability_threshold: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Probability threshold",
            help="The probability above which an answer counts as yes.",
            step=0.05,
        ),
    ] = 0.5
