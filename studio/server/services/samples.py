"""SamplePages: predicted samples, paged, sorted and filtered from the samples table of a run or a prediction."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleQuery:
    """Which samples, in which order."""

    split: str = "validation"
    sort: str = "-loss"
    offset: int = 0
    limit: int = 24
    truth: str | None = None
    prediction: str | None = None
    correct: bool | None = None
