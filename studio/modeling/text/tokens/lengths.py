"""How long the texts of a table are, and how many do not fit."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.modeling.histograms import histogram
from studio.modeling.recipe import Note, Split
from studio.results.insight import Bars, Insight
from studio.results.text import LENGTHS, WINDOWS

BINS = 16
MANY = 0.1
"""The share of cut texts from which on it is a warning."""


def length_insight(lengths_N: NDArray[np.int64], cut: int, limit: int, split: Split, *, unit: str = "texts") -> Insight:
    """A histogram of lengths in tokens, with the share that is cut."""
    share = cut / max(1, len(lengths_N))
    told = f"{cut} of {len(lengths_N)} {unit} ({share:.1%}) are longer than {limit} tokens and were truncated."
    found = histogram(lengths_N, min(BINS, max(1, len(np.unique(lengths_N)))))
    return Insight(
        key=f"{split}-lengths",
        group=split,
        title=LENGTHS,
        how_to_read=f"Tokens of the {unit}, special ones included. {told if cut else 'None was truncated.'}",
        payload=Bars(x_label="Tokens", y_label=unit.capitalize(), names=found.names, values=found.counts),
    )


def window_insight(windows: Sequence[int], split: Split) -> Insight:
    """How many windows it takes to read each context."""
    counts = np.bincount(np.asarray(windows, dtype=np.int64))
    names = [number for number in range(1, len(counts)) if counts[number]]
    return Insight(
        key=f"{split}-windows",
        group=split,
        title=WINDOWS,
        how_to_read="Contexts that do not fit into Max length are read in several overlapping windows; nothing is "
        "truncated. More windows take more time.",
        payload=Bars(
            x_label="Windows",
            y_label="Questions",
            names=tuple(str(number) for number in names),
            values=tuple(float(counts[number]) for number in names),
        ),
    )


def cut_note(split: str, unit: str, cut: int, total: int, limit: int) -> Iterator[Note]:
    """How many texts of a split are cut; nothing where none is."""
    if cut:
        text = f"{cut} of {total} {split} {unit} have more than {limit} tokens and are truncated at the end."
        yield Note("warning" if cut > MANY * total else "info", text)
