"""Transcript: what a model says about one recording, whatever the model, and its raw form.

Every transcript has a text and, where the model tells, the seconds in which each of its words is heard; and numbers
that say how far it can be trusted, each of which is a column of predictions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.modeling.predictions import Raw
from studio.modeling.speech.trust import TRUST

TEXT, SECONDS, STARTS, ENDS = "text", "seconds", "word_starts", "word_ends"


@dataclass(frozen=True)
class Transcript:
    """What is said in a recording."""

    text: str
    seconds: float
    """Of the recording."""
    times: Sequence[tuple[float, float]] = ()
    """Seconds in which each word is heard; none where the model does not tell."""
    trust: Mapping[str, float] = field(default_factory=dict)
    """By names of `TRUST`."""

    def to_raw(self) -> Raw:
        """As a raw prediction."""
        times = np.array(self.times, dtype=np.float64).reshape(-1, 2)
        return {
            TEXT: np.array(self.text, dtype=np.str_),
            SECONDS: np.array(self.seconds),
            STARTS: times[:, 0],
            ENDS: times[:, 1],
            **{name: np.array(value) for name, value in self.trust.items()},
        }

    @classmethod
    def from_raw(cls, raw: Raw) -> "Transcript":
        """The opposite of `to_raw`."""
        return cls(
            text=str(raw[TEXT]),
            seconds=float(raw[SECONDS]),
            times=list(zip(raw[STARTS].tolist(), raw[ENDS].tolist(), strict=True)),
            trust={name: float(raw[name]) for name in TRUST if name in raw},
        )
