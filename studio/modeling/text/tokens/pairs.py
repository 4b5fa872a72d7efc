"""PairFrame: how a tokenizer puts two texts into one sequence, such as a question and its context."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.modeling.text.tokens.tokenizer import TextTokenizer


@dataclass(frozen=True)
class PairFrame:
    """Special tokens before, between and behind two texts, and the type ids of all five parts."""

    before: tuple[int, ...]
    between: tuple[int, ...]
    behind: tuple[int, ...]
    types: tuple[int, int, int, int, int]

    @property
    def size(self) -> int:
        """Special tokens of a pair."""
        return len(self.before) + len(self.between) + len(self.behind)

    def join(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Token ids and type ids of a pair."""
        parts = (self.before, first, self.between, second, self.behind)
        ids = np.concatenate([np.array(part, dtype=np.int32) for part in parts])
        return ids, np.repeat(np.array(self.types, dtype=np.int32), [len(part) for part in parts])


def pair_frame(tokenizer: TextTokenizer) -> PairFrame:
    """The frame of a tokenizer, read off a pair of short texts."""
    sample = tokenizer.raw.encode("a", "b", add_special_tokens=True)
    first = [position for position, one in enumerate(sample.sequence_ids) if one == 0]
    second = [position for position, one in enumerate(sample.sequence_ids) if one == 1]
    ids, types = sample.ids, sample.type_ids
    before, between, behind = ids[: first[0]], ids[first[-1] + 1 : second[0]], ids[second[-1] + 1 :]
    return PairFrame(
        tuple(before),
        tuple(between),
        tuple(behind),
        (
            types[0],
            types[first[0]],
            types[first[-1] + 1] if between else 0,
            types[second[0]],
            types[-1],
        ),
    )
