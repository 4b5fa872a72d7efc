"""Run lengths as COCO writes them: lengths of pixels outside and inside in turn, which fill a mask, packed into a text.

Five bits a letter from "0" on, the sixth says that more follow; from the fourth count on, each is written as the
difference to the one two before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.on_demand import np

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs


def coco_counts(runs: Runs, size: int) -> list[int]:
    """The counts of runs in a mask of so many pixels."""
    starts, lengths = runs[:, 0] - 1, runs[:, 1]
    ends = starts + lengths
    gaps = starts - np.concatenate([[0], ends[:-1]])
    counts: list[int] = np.stack([gaps, lengths], axis=1).ravel().tolist()
    if not len(runs):
        return [size]
    rest = size - int(ends[-1])
    return [*counts, rest] if rest else counts


def text_of_counts(counts: list[int]) -> str:
    """Counts as a text of COCO."""
    letters: list[str] = []
    for place, count in enumerate(counts):
        value = count - counts[place - 2] if place > 2 else count
        while True:
            bits, value = value & 31, value >> 5
            is_last = value == (-1 if bits & 16 else 0)
            letters.append(chr(48 + bits + (0 if is_last else 32)))
            if is_last:
                break
    return "".join(letters)


def counts_of_text(text: str) -> list[int] | None:
    """The counts of a text of COCO; None if it is none.

    Five bits a letter from "0" on, the sixth says that more follow; from the fourth count on, each is written as the
    difference to the one two before.
    """
    counts: list[int] = []
    place = 0
    while place < len(text):
        value = shift = 0
        while True:
            if place >= len(text) or not 0 <= ord(text[place]) - 48 < 64 or shift > 60:
                return None
            bits = ord(text[place]) - 48
            place += 1
            value |= (bits & 31) << shift
            shift += 5
            if not bits & 32:
                break
        if bits & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    return counts
