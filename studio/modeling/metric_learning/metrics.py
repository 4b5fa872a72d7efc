"""Metrics of retrieval, where a found row is right if it has the query's label. Undefined is NaN.

Shapes: N queries, M rows of the index, k found.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RECALLS = (1, 5, 10)


def retrieval_metrics(
    positions_Nk: NDArray[np.int64], query_labels: Sequence[str | None], index_labels: Sequence[str | None] | None
) -> dict[str, float]:
    """Every metric by name: mAP, Recall_at_1, Recall_at_5, Recall_at_10.

    Without `index_labels` the queries were searched among themselves. Queries without a label, or whose label no other
    row has, cannot be answered rightly and are left out.
    """
    values = query_values(positions_Nk, query_labels, index_labels)
    return {name: float(one.mean()) if len(one) else math.nan for name, one in values.items()}


def query_values(
    positions_Nk: NDArray[np.int64], query_labels: Sequence[str | None], index_labels: Sequence[str | None] | None
) -> dict[str, NDArray[np.float64]]:
    """Every metric of each query that can be answered; over all it is their mean. Empty where nothing was found."""
    matches = matches_of(positions_Nk, query_labels, index_labels)
    others = others_of(query_labels, index_labels)
    answerable = (others > 0) & (positions_Nk.shape[1] > 0)
    matches, others = matches[answerable], others[answerable]
    recalls = {f"Recall_at_{k}": matches[:, :k].any(axis=1).astype(np.float64) for k in RECALLS}
    return {"mAP": average_precisions(matches, others), **recalls}


def average_precisions(matches_Nk: NDArray[np.bool_], others_N: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each query the precision at each match, over as many matches as k found rows could hold (N).

    With k rows of the index found, that is average precision as usual; a lower k cuts the ranking there, as in
    Weyand et al. 2020, arXiv:2004.01804, equation 2.
    """
    ranks = np.arange(1, matches_Nk.shape[1] + 1)
    precisions = np.cumsum(matches_Nk, axis=1) / ranks
    possible = np.minimum(others_N, matches_Nk.shape[1])
    averages: NDArray[np.float64] = (precisions * matches_Nk).sum(axis=1) / possible
    return averages


def recall_at(matches_Nk: NDArray[np.bool_], k: int) -> float:
    """The share of queries with a match among the first `k`."""
    if len(matches_Nk) == 0 or matches_Nk.shape[1] == 0:
        return math.nan
    return float(matches_Nk[:, :k].any(axis=1).mean())


def matches_of(
    positions_Nk: NDArray[np.int64], query_labels: Sequence[str | None], index_labels: Sequence[str | None] | None
) -> NDArray[np.bool_]:
    """Whether each found row has the query's label (N, k)."""
    queries = np.array(query_labels, dtype=object)
    index = queries if index_labels is None else np.array(index_labels, dtype=object)
    if positions_Nk.size == 0:
        return np.zeros(positions_Nk.shape, dtype=bool)
    is_known = np.array([label is not None for label in query_labels], dtype=bool)
    same = np.equal(index[positions_Nk], queries[:, None]).astype(np.bool_)
    matches: NDArray[np.bool_] = same & is_known[:, None]
    return matches


def others_of(query_labels: Sequence[str | None], index_labels: Sequence[str | None] | None) -> NDArray[np.int64]:
    """How many rows of the index have each query's label, not counting the query itself (N)."""
    counts = Counter(query_labels if index_labels is None else index_labels)
    itself = int(index_labels is None)
    return np.array([0 if label is None else counts[label] - itself for label in query_labels], dtype=np.int64)
