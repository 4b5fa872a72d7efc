"""The metrics and panels of transcription: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.insight import COLUMN_PANEL
from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of transcription by their titles, in the order of the page."""

    ERRORS = "Errors"
    RATES = "Word error rate of recordings"
    BY_LENGTH = "Word error rate by length"
    CONFUSIONS = "Confused words"
    DURATIONS = "Durations"
    SPEED = "Words per second"
    BY_COLUMN = COLUMN_PANEL


_COUNTED = (
    "counted over all recordings together, so that long ones weigh more. 0 is perfect, and it may be above 1. "
    "With Normalize text, case and punctuation do not count."
)

TRANSCRIPTION_METRICS = (
    MetricInfo(
        name="WER",
        label="WER",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        definition="Word error rate: words to substitute, delete and insert to turn the transcripts into their "
        f"references, divided by the words of the references; {_COUNTED}",
    ),
    MetricInfo(
        name="CER",
        label="CER",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        definition="Character error rate: characters to substitute, delete and insert, blanks included, divided by "
        f"the characters of the references; {_COUNTED}",
    ),
)
