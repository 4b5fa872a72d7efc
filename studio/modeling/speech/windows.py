"""Windows: the overlapping pieces in which recordings are transcribed that a model cannot hear at once."""

from dataclasses import dataclass

from studio.modeling.dense.tiles import covering_starts

MOST_OVERLAP = 0.5
WINDOWS_AT_ONCE = 16
"""That a model is given in scoring."""


@dataclass(frozen=True)
class Windows:
    """How recordings are cut. All numbers are of samples."""

    size: int
    overlap: int
    """Of two neighbours, at least; not more than half a window."""
    step: int = 1
    """Windows begin at multiples of it."""

    def starts(self, samples: int) -> list[int]:
        """Where windows begin that cover a recording, the last one up to its end."""
        if samples <= self.size:
            return [0]
        # Beginnings are moved back to a multiple of the step, so they are spread over a little more.
        share = min(MOST_OVERLAP, (self.overlap + self.step - 1) / self.size)
        return [start - start % self.step for start in covering_starts(samples + self.step, self.size, share)]


def seams(starts: list[int], ends: list[int]) -> list[tuple[int, int]]:
    """What of each of some overlapping pieces is kept, up to the middles of overlaps, so that all is there once."""
    middles = [(start + end) // 2 for start, end in zip(starts[1:], ends[:-1], strict=True)]
    return list(zip([starts[0], *middles], [*middles, ends[-1]], strict=True))
