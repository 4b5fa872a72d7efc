"""Tags: a label for every word of a row."""

from typing import Annotated

from studio.settings.choices import Columns
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting


class TagsMixin(SettingsSection):
    """The label column of token classification."""

    label_columns: Annotated[
        str,
        Setting(
            label="Label columns",
            help="The column with a list of tags, one a word, such as B-PER, I-PER and O.",
            choices=Columns(kinds=("list", "text")),
        ),
    ] = ""


class IgnoredTagsMixin(SettingsSection):
    """Tags that pages do not mark."""

    ignore_classes: Annotated[
        str,
        Setting(
            label="Ignore classes",
            help="Tags that are not marked in texts, with commas in between. NOT_WORD_START stands for the tokens "
            "inside a word.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = "O,NOT_WORD_START"
