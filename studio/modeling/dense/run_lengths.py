"""Run lengths: a mask as starts and lengths, in the order of COCO (down the columns), counted from 1.

As text it is `start length start length ...`, the form of Kaggle and of Hydrogen Torch; an empty text is an empty mask.

Shapes: H height, W width, N runs.
"""

import numpy as np
from numpy.typing import NDArray

Runs = NDArray[np.int64]
"""(N, 2): the first pixel of each run, from 1, and how many follow it with itself."""


def encode(mask_HW: NDArray[np.bool_]) -> Runs:
    """The runs of a mask."""
    flat = np.concatenate([[False], mask_HW.flatten(order="F").astype(bool), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    return np.stack([edges[::2], edges[1::2] - edges[::2]], axis=1).astype(np.int64)


def decode(runs: Runs, height: int, width: int) -> NDArray[np.bool_]:
    """The mask (H, W) of runs.

    Raises:
        ValueError: if a run begins before the first pixel, is empty, or ends behind the last pixel.
    """
    flat = np.zeros(height * width, dtype=bool)
    for start, length in runs.tolist():
        if start < 1 or length < 1 or start - 1 + length > flat.size:
            raise ValueError(f"The run {start} {length} does not lie in a mask of {height} x {width} pixels.")
        flat[start - 1 : start - 1 + length] = True
    return flat.reshape((height, width), order="F")


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
