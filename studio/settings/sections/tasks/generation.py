"""Generation: texts to write, and how they are written."""

from typing import Annotated

from pydantic import Field

from studio.settings.choices import Columns
from studio.settings.condition import when
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting

NumBeams = Annotated[
    int,
    Field(ge=1, le=32),
    Setting(
        label="Num beams",
        help="The number of beams in beam search. More can be better but takes longer; 1 is greedy decoding.",
        level=ExperienceLevel.SKILLED,
    ),
]


class WrittenTextMixin(SettingsSection):
    """The label column of generation."""

    label_columns: Annotated[
        str,
        Setting(label="Label columns", help="The column with the text to write.", choices=Columns()),
    ] = ""


class WrittenLengthMixin(SettingsSection):
    """The text to write has its own limit."""

    label_max_length: Annotated[
        int,
        Field(ge=4, le=65_536),
        Setting(
            label="Label max length",
            help="The maximum number of tokens of a target text in training; longer texts are truncated.",
            unit="tokens",
            grid=True,
            grid_values=(32, 64, 128, 256),
        ),
    ] = 128


class WritingMixin(SettingsSection):
    """How texts are written."""

    max_length: Annotated[
        int,
        Field(ge=1, le=4096),
        Setting(
            label="Max length",
            help="The maximum number of generated tokens. Longer texts take longer to predict.",
            unit="tokens",
        ),
    ] = 128
    num_beams: NumBeams = 1
    do_sample: Annotated[
        bool,
        Setting(
            label="Do sample",
            help="Sample each next token by its probability instead of taking the most likely one. Texts vary more.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    temperature: Annotated[
        float,
        Field(gt=0, le=10),
        Setting(
            label="Temperature",
            help="The sampling temperature: below 1 prefers likely tokens, above 1 gives unlikely tokens more weight.",
            step=0.05,
            visible_if=when("prediction.do_sample", True),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1.0
