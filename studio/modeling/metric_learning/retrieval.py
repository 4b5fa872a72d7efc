"""Most similar rows by cosine, in blocks, so that memory stays bounded however many rows there are.

Shapes: N queries, M rows of the index, E embedding, k found.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 32 * 1024 * 1024
"""About what a block of similarities takes."""


@dataclass(frozen=True)
class Similar:
    """The rows most like each query, the nearest first."""

    positions: NDArray[np.int64]
    """(N, k) in the index."""
    similarities: NDArray[np.float32]
    """(N, k) cosines."""


def unit(embeddings_NE: NDArray[np.floating]) -> NDArray[np.float32]:
    """Embeddings of length 1; one of length 0 stays 0 and is like nothing."""
    lengths = np.linalg.norm(embeddings_NE, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (embeddings_NE / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def most_similar(
    queries_NE: NDArray[np.floating], index_ME: NDArray[np.floating] | None, k: int, *, block: int | None = None
) -> Similar:
    """The `k` nearest rows of the index, or as many as it has.

    Without an index, the queries search among themselves, and none finds itself. `block` queries are compared at a
    time; equal similarities come in the index's order.
    """
    queries = unit(queries_NE)
    among_themselves = index_ME is None
    index = queries if index_ME is None else unit(index_ME)
    count = max(0, min(k, len(index) - among_themselves))
    positions = np.zeros((len(queries), count), dtype=np.int64)
    similarities = np.zeros((len(queries), count), dtype=np.float32)
    step = block or max(1, BLOCK_BYTES // (4 * max(1, len(index))))
    for start in range(0, len(queries) if count else 0, step):
        stop = min(start + step, len(queries))
        cosines = queries[start:stop] @ index.T
        if among_themselves:
            cosines[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(cosines, nearest, axis=1)
        order = np.lexsort((nearest, -found), axis=1)
        positions[start:stop] = np.take_along_axis(nearest, order, axis=1)
        similarities[start:stop] = np.clip(np.take_along_axis(found, order, axis=1), -1.0, 1.0)
    return Similar(positions, similarities)
