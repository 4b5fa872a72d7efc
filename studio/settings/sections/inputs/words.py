"""Words: rows that are lists of words, read in windows where they are long."""

from typing import Annotated

from pydantic import Field

from studio.settings.choices import Columns
from studio.settings.sections.text import (
    Dropout,
    SingleTextDatasetSection,
    TokenizerSection,
    TransformerSection,
    max_length_setting,
)
from studio.settings.setting import Setting


class WordsDatasetSection(SingleTextDatasetSection):
    """Rows with a list of words."""

    text_column: Annotated[
        str,
        Setting(
            label="Text column",
            help="The column with a list of words.",
            choices=Columns(kinds=("list", "text")),
        ),
    ] = ""


class WordsTokenizerSection(TokenizerSection):
    """Rows longer than a window are read in several that overlap."""

    max_length: Annotated[
        int,
        Field(ge=16, le=65_536),
        max_length_setting(
            "Tokens of a row that the model sees at once. A longer row is read in several windows that overlap, so "
            "that every word gets a tag. More takes more memory and time."
        ),
    ] = 128


class TokenTransformerSection(TransformerSection):
    """A transformer with a layer on every token."""

    dropout: Dropout = 0.0
