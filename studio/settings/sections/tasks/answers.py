"""Answers: stretches of a text, and how many are given."""

from typing import Annotated

from pydantic import Field

from studio.settings.choices import Columns
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting


class AnswersMixin(SettingsSection):
    """The columns of answers, and how many are given."""

    answer_column: Annotated[
        str,
        Setting(
            label="Answer column",
            help="The column with the answer, word for word as it stands in the context. An empty answer says that "
            "the context does not answer the question.",
            choices=Columns(),
        ),
    ] = ""
    answer_start_column: Annotated[
        str | None,
        Setting(
            label="Answer start column",
            help="The column with the position of the answer's first character in the context, from 0. None takes the "
            "first place where the answer occurs.",
            choices=Columns(allows_none=True),
            level=ExperienceLevel.SKILLED,
        ),
    ] = None
    number_of_predicted_answers: Annotated[
        int,
        Field(ge=1, le=20),
        Setting(
            label="Number of predicted answers",
            help="How many answers are predicted per question, the most likely first.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 3
