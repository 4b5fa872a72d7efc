"""CTC decoding: from the probabilities of characters at every moment to a text, with the moments of its characters.

Graves et al. 2006 (CTC); Hannun et al. 2014, arXiv:1408.2873 (prefix beam search).

Shapes: F frames, V vocabulary.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_LOG_PROBABILITY = -10.0
"""Characters less likely than that at a moment are not tried."""


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

    @property
    def total(self) -> float:
        return _added(self.with_blank, self.without)


def beam_search(log_probabilities_FV: NDArray[np.float32], blank: int, beams: int) -> Decoded:
    """The likeliest text, whose probability is the sum of all ways to hear it, among `beams` kept at every frame."""
    kept: dict[tuple[int, ...], _Beam] = {(): _Beam((), 0.0, -math.inf)}
    for frame, row in enumerate(log_probabilities_FV.tolist()):
        tried = [number for number, value in enumerate(row) if value > LEAST_LOG_PROBABILITY]
        found: dict[tuple[int, ...], _Beam] = {}
        for text, beam in kept.items():
            total = beam.total
            _add(found, text, beam.frames, with_blank=total + row[blank])
            for number in tried:
                if number == blank:
                    continue
                longer, frames = (*text, number), (*beam.frames, frame)
                if text and text[-1] == number:
                    _add(found, text, beam.frames, without=beam.without + row[number])
                    _add(found, longer, frames, without=beam.with_blank + row[number])
                else:
                    _add(found, longer, frames, without=total + row[number])
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
    *,
    with_blank: float = -math.inf,
    without: float = -math.inf,
) -> None:
    old = beams.get(text)
    if old is None:
        beams[text] = _Beam(frames, with_blank, without)
    else:
        beams[text] = _Beam(old.frames, _added(old.with_blank, with_blank), _added(old.without, without))


def _added(one: float, other: float) -> float:
    """The log of the sum of two probabilities given by their logs."""
    high, low = (one, other) if one > other else (other, one)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
