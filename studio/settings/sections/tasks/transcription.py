"""Transcription: what is said, and how transcripts are compared."""

from typing import Annotated

from studio.settings.choices import Columns
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting


class TranscriptMixin(SettingsSection):
    """The label column of transcription."""

    label_columns: Annotated[
        str,
        Setting(label="Label columns", help="The column with the transcript.", choices=Columns()),
    ] = ""


class NormalizedTextMixin(SettingsSection):
    """Whether case and punctuation count."""

    normalize_text: Annotated[
        bool,
        Setting(
            label="Normalize text",
            help="Compare transcripts in lower case, without punctuation and with single blanks; in English also with "
            "one spelling of numbers, contractions and titles (as Whisper's authors do). Predictions have both forms. "
            "A character vocabulary is made of normalized transcripts, too.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = True
