"""Run lengths: a mask as starts and lengths, in the order of COCO (down the columns), counted from 1.

As text it is `start length start length ...`, the form of Kaggle and of Hydrogen Torch; an empty text is an empty mask.
A mask may have more than two axes; the first runs fastest.

Shapes: H height, W width, N runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Runs: TypeAlias = NDArray[np.int64]
    """(N, 2): the first pixel of each run, from 1, and how many pixels it has."""


def encode(mask_HW: NDArray[np.bool_]) -> Runs:
    """The runs of a mask."""
    flat = np.zeros(mask_HW.size + 2, dtype=bool)
    flat[1:-1] = mask_HW.ravel(order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    return np.stack([edges[::2], edges[1::2] - edges[::2]], axis=1).astype(np.int64)


def encode_part(mask_hw: NDArray[np.bool_], corner: tuple[int, int], height: int) -> Runs:
    """The runs of a mask of an image of a height, of which a part is given whose upper left corner is at (x, y)."""
    rows = mask_hw.shape[0] + 1
    # A row of zeros below ends every run with its column.
    runs = encode(np.pad(mask_hw, ((0, 1), (0, 0))))
    columns, row = np.divmod(runs[:, 0] - 1, rows)
    starts = (corner[0] + columns) * height + corner[1] + row + 1
    return united(np.stack([starts, runs[:, 1]], axis=1))


def runs_by_value(numbers_HW: NDArray[np.integer]) -> dict[int, Runs]:
    """The runs of every number but 0, in one pass, however many there are."""
    flat = numbers_HW.ravel(order="F")
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    lengths = np.diff(np.append(starts, flat.size))
    order = np.argsort(flat[starts], kind="stable")
    values, firsts = np.unique(flat[starts][order], return_index=True)
    runs = np.stack([starts + 1, lengths], axis=1)[order].astype(np.int64)
    return {int(k): part for k, part in zip(values, np.split(runs, firsts[1:]), strict=True) if k != 0}


def decode(runs: Runs, *shape: int) -> NDArray[np.bool_]:
    """The mask (H, W) of runs; of any other shape that is given.

    Raises:
        ValueError: if a run begins before the first pixel, is empty, or ends behind the last pixel.
    """
    size = int(np.prod(shape))
    starts, lengths = runs[:, 0] - 1, runs[:, 1]
    # Compared without a sum, which could overflow.
    wrong = (starts < 0) | (lengths < 1) | (starts >= size) | (lengths > size - starts)
    if wrong.any():
        start, length = runs[wrong][0].tolist()
        pixels = " x ".join(map(str, shape))
        raise ValueError(f"The run {start} {length} does not lie in a mask of {pixels} pixels.")
    steps = np.zeros(size + 1, dtype=np.int32)
    np.add.at(steps, starts, 1)
    np.add.at(steps, starts + lengths, -1)
    return np.cumsum(steps[:-1]).astype(bool).reshape(shape, order="F")


def to_text(runs: Runs) -> str:
    """Runs as `start length ...`."""
    return " ".join(map(str, runs.ravel().tolist()))


def from_text(text: str) -> Runs:
    """The opposite of `to_text`.

    Raises:
        ValueError: if it is not an even number of whole numbers.
    """
    numbers = [int(word) for word in text.split()]
    if len(numbers) % 2:
        raise ValueError(f"{len(numbers)} numbers are no pairs of start and length.")
    return np.array(numbers, dtype=np.int64).reshape(-1, 2)


def united(runs: Runs) -> Runs:
    """Runs in any order, which may touch or overlap, as those of one mask."""
    if len(runs) < 2:
        return runs
    ordered = runs[np.argsort(runs[:, 0], kind="stable")]
    starts = ordered[:, 0]
    reached = np.maximum.accumulate(starts + ordered[:, 1])
    first = np.concatenate([[True], starts[1:] > reached[:-1]])
    last = np.concatenate([first[1:], [True]])
    return np.stack([starts[first], reached[last] - starts[first]], axis=1)


def overlap(runs: Runs) -> bool:
    """Whether any two of these runs, in any order, share a pixel."""
    return bool(len(runs)) and int(united(runs)[:, 1].sum()) < int(runs[:, 1].sum())


def joined(texts: Sequence[str]) -> str:
    """The run lengths of all pixels that any of several masks has."""
    if len(texts) == 1:
        return texts[0]
    return to_text(united(np.concatenate([from_text(text) for text in texts])))
