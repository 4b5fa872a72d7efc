"""Generation: texts to write, and how they are written."""

from typing import Annotated

from pydantic import Field

from studio.settings.choices import Columns
from studio.settings.condition import when
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting


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
            help="The most tokens of a target text that the model learns from; what is longer is cut.",
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
            help="The most tokens that are written. Longer answers take longer to predict.",
            unit="tokens",
        ),
    ] = 128
    num_beams: Annotated[
        int,
        Field(ge=1, le=32),
        Setting(
            label="Num beams",
            help="How many beginnings are followed at a time. More can be better and takes longer; 1 always takes the "
            "likeliest next word.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 1
    do_sample: Annotated[
        bool,
        Setting(
            label="Do sample",
            help="Draw each next word by its probability instead of taking the likeliest. Texts vary more.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    temperature: Annotated[
        float,
        Field(gt=0, le=10),
        Setting(
            label="Temperature",
            help="How bold the draws are: below 1 stays with likely words, above 1 dares unlikely ones.",
            step=0.05,
            visible_if=when("prediction.do_sample", True),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1.0
