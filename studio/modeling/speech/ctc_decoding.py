"""CTC decoding: from the probabilities of characters at every moment to a text, with the moments of its characters.

Graves et al. 2006 (CTC); Hannun et al. 2014, arXiv:1408.2873 (prefix beam search, with a language model).

Shapes: F frames, V vocabulary.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_LOG_PROBABILITY = -10.0
"""Characters less likely than that at a moment are not tried."""


Gain = Callable[[tuple[int, ...], int], float]
"""What a language model adds to the log probability of a text when a character (second) follows it (first)."""


class Decoded(NamedTuple):
    """Characters by their numbers, and the frames in which they are heard first."""

    numbers: tuple[int, ...]
    frames: tuple[int, ...]


def greedy(log_probabilities_FV: NDArray[np.float32], blank: int) -> Decoded:
    """The likeliest character of every frame; repeated ones count once, unless a blank lies between."""
    best = log_probabilities_FV.argmax(1)
    is_new = np.concatenate([[True], best[1:] != best[:-1]]) if len(best) else np.zeros(0, dtype=bool)
    frames = np.flatnonzero(is_new & (best != blank))
    return Decoded(tuple(int(one) for one in best[frames]), tuple(int(one) for one in frames))


@dataclass(frozen=True)
class _Beam:
    """All ways in which one text can be heard so far."""

    frames: tuple[int, ...]
    with_blank: float
    """Log probability of those that end in a blank."""
    without: float
    gain: float
    """Of the language model, for the whole text."""

    @property
    def heard(self) -> float:
        return _added(self.with_blank, self.without)

    @property
    def total(self) -> float:
        return self.heard + self.gain


def beam_search(log_probabilities_FV: NDArray[np.float32], blank: int, beams: int, gain: Gain | None = None) -> Decoded:
    """The likeliest text among `beams` kept at every frame: its probability is the sum of all ways to hear it, times
    that of a language model if there is one.
    """
    kept: dict[tuple[int, ...], _Beam] = {(): _Beam((), 0.0, -math.inf, 0.0)}
    for frame, row in enumerate(log_probabilities_FV.tolist()):
        tried = [number for number, value in enumerate(row) if value > LEAST_LOG_PROBABILITY]
        found: dict[tuple[int, ...], _Beam] = {}
        for text, beam in kept.items():
            heard = beam.heard
            _add(found, text, beam.frames, beam.gain, with_blank=heard + row[blank])
            for number in tried:
                if number == blank:
                    continue
                longer, frames = (*text, number), (*beam.frames, frame)
                gained = beam.gain + (gain(text, number) if gain else 0.0)
                if text and text[-1] == number:
                    _add(found, text, beam.frames, beam.gain, without=beam.without + row[number])
                    _add(found, longer, frames, gained, without=beam.with_blank + row[number])
                else:
                    _add(found, longer, frames, gained, without=heard + row[number])
        best = sorted(found.items(), key=lambda one: one[1].total, reverse=True)
        kept = dict(best[:beams])
    text, beam = max(kept.items(), key=lambda one: one[1].total)
    return Decoded(text, beam.frames)


def needed_frames(numbers: Sequence[int]) -> int:
    """Frames without which a text cannot be heard: one a character, and a blank between two that are equal."""
    return len(numbers) + sum(one == other for one, other in pairwise(numbers))


def _add(
    beams: dict[tuple[int, ...], _Beam],
    text: tuple[int, ...],
    frames: tuple[int, ...],
    gain: float,
    *,
    with_blank: float = -math.inf,
    without: float = -math.inf,
) -> None:
    old = beams.get(text)
    if old is None:
        beams[text] = _Beam(frames, with_blank, without, gain)
    else:
        beams[text] = _Beam(old.frames, _added(old.with_blank, with_blank), _added(old.without, without), gain)


def _added(one: float, other: float) -> float:
    """The log of the sum of two probabilities given by their logs."""
    high, low = (one, other) if one > other else (other, one)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
