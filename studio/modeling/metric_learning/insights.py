"""Insights of metric learning: a map of the embeddings, similarities, recall, and labels that are mixed up.

Shapes: N samples, E embedding, k found.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.modeling.composed_recipe import ShownRow
from studio.modeling.metric_learning.metrics import matches_of, others_of, recall_at
from studio.modeling.metric_learning.retrieval import Similar, unit
from studio.modeling.recipe import Split
from studio.results.insight import Insight, Lines, SampleFilter, Scatter, Series, Table
from studio.results.retrieval import Panel
from studio.results.sample_view import Neighbour

MOST_NEIGHBOURS_MAP = 2000
"""Rows up to which the map keeps neighbourhoods (t-SNE); above it is a projection (PCA), which takes no time."""
MOST_POINTS = 5000
MOST_GROUPS = 15
OTHERS = "(other labels)"
UNKNOWN = "(unknown)"
MOST_PAIRS = 20
MOST_COMPARED = 1500
"""Rows whose pairs are in the similarity histograms."""


@dataclass(frozen=True)
class RetrievalResults:
    """Rows with their embeddings, searched among themselves."""

    embeddings: NDArray[np.floating]
    labels: Sequence[str | None]
    """None where a row's label is not known."""
    rows: Sequence[int]
    """The row of each in the source table."""
    similar: Similar


def metric_learning_insights(results: RetrievalResults, split: Split) -> Iterator[Insight]:
    """Every panel that these rows allow; without labels, the map alone."""
    if len(results.labels) > 2:
        yield _map(results, split)
    if len(results.labels) < 2 or all(label is None for label in results.labels):
        return
    yield _similarities(results, split)
    if results.similar.positions.shape[1]:
        yield _recall(results, split)
        yield _pairs(results, split)


def neighbours(
    results: RetrievalResults, position: int, shown: Sequence[ShownRow], count: int
) -> tuple[Neighbour, ...]:
    """The rows most like one of them; `shown` are the inputs of all."""
    label = results.labels[position]
    found = zip(
        results.similar.positions[position][:count], results.similar.similarities[position][:count], strict=True
    )
    return tuple(
        Neighbour(
            row=results.rows[other],
            label=results.labels[other] or "",
            similarity=float(cosine),
            is_match=None if label is None or results.labels[other] is None else results.labels[other] == label,
            **shown[other].neighbour,
        )
        for other, cosine in found
    )


def flat_map(embeddings_NE: NDArray[np.floating]) -> NDArray[np.float64]:
    """A place in the plane (N, 2) for each embedding; the same for the same embeddings."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    units = unit(embeddings_NE).astype(np.float64)
    count, size = units.shape
    keeps_neighbours = 10 <= count <= MOST_NEIGHBOURS_MAP
    kept = min(50 if keeps_neighbours else 2, size, count)
    if np.ptp(units, axis=0).max() < 1e-9:
        return np.zeros((count, 2))
    projected: NDArray[np.float64] = PCA(kept, svd_solver="full").fit_transform(units)
    if keeps_neighbours and kept >= 2:
        tsne = TSNE(init="pca", random_state=0, perplexity=min(30.0, (count - 1) / 3), max_iter=500)
        projected = tsne.fit_transform(projected)
    return np.pad(projected[:, :2], ((0, 0), (0, max(0, 2 - projected.shape[1]))))


def _map(results: RetrievalResults, split: Split) -> Insight:
    shown = _spread(len(results.labels), MOST_POINTS)
    places = flat_map(results.embeddings[shown])
    frequent = Counter(label for label in results.labels if label is not None).most_common(MOST_GROUPS)
    names = {label for label, _ in frequent}
    groups = tuple(
        UNKNOWN if label is None else label if label in names else OTHERS
        for label in (results.labels[position] for position in shown)
    )
    return Insight(
        key=f"{split}-embedding-map",
        group=split,
        title=Panel.MAP,
        how_to_read="Each point is a sample, coloured by its label; nearby samples are similar to the model. Check "
        "points that lie among another label's.",
        payload=Scatter(
            x_label="",
            y_label="",
            x=tuple(places[:, 0].tolist()),
            y=tuple(places[:, 1].tolist()),
            groups=groups,
            rows=tuple(results.rows[position] for position in shown),
        ),
    )


def _similarities(results: RetrievalResults, split: Split) -> Insight:
    labelled = np.array([position for position, label in enumerate(results.labels) if label is not None])
    shown = labelled[_spread(len(labelled), MOST_COMPARED)]
    units = unit(results.embeddings[shown])
    codes = np.unique([str(results.labels[position]) for position in shown], return_inverse=True)[1]
    upper = np.triu_indices(len(shown), k=1)
    cosines, same = (units @ units.T)[upper], (codes[:, None] == codes[None, :])[upper]
    edges = np.linspace(-1, 1, 51)
    middles = tuple(((edges[1:] + edges[:-1]) / 2).tolist())
    series = []
    for name, chosen in (("Same label", cosines[same]), ("Different labels", cosines[~same])):
        if len(chosen):
            counts = np.histogram(np.clip(chosen, -1, 1), bins=edges)[0]
            series.append(Series(name=name, x=middles, y=tuple((counts / len(chosen)).tolist())))
    return Insight(
        key=f"{split}-similarities",
        group=split,
        title=Panel.SIMILARITIES,
        how_to_read="Similarity of pairs with the same label and of pairs with different labels. The less the two "
        "distributions overlap, the better a threshold separates them.",
        payload=Lines(x_label="Cosine similarity", y_label="Share of pairs", series=tuple(series)),
    )


def _recall(results: RetrievalResults, split: Split) -> Insight:
    answerable = others_of(results.labels, None) > 0
    matches = matches_of(results.similar.positions, results.labels, None)[answerable]
    others = others_of(results.labels, None)[answerable]
    ks = range(1, matches.shape[1] + 1)
    x = tuple(float(k) for k in ks)
    found = np.cumsum(matches, axis=1) / np.maximum(others, 1)[:, None]
    shares = found.mean(axis=0).tolist() if len(found) else [None] * len(x)
    series = (
        Series(name="At least one match", x=x, y=tuple(recall_at(matches, k) if len(matches) else None for k in ks)),
        Series(name="Share of all matches", x=x, y=tuple(shares)),
    )
    return Insight(
        key=f"{split}-recall",
        group=split,
        title=Panel.RECALL,
        how_to_read="How many samples have a match of the same label among the k nearest, and how many of all "
        "their matches lie there.",
        payload=Lines(x_label="k", y_label="Recall", series=series),
    )


def _pairs(results: RetrievalResults, split: Split) -> Insight:
    nearest = results.similar.positions[:, 0]
    counts: Counter[tuple[str, str]] = Counter()
    for label, other in zip(results.labels, (results.labels[position] for position in nearest), strict=True):
        if label is not None and other is not None and label != other:
            counts[label, other] += 1
    totals = Counter(results.labels)
    pairs = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_PAIRS]
    return Insight(
        key=f"{split}-confused",
        group=split,
        title=Panel.CONFUSED,
        how_to_read="How often the nearest sample has another label. Labels that are often confused may mean the same.",
        payload=Table(
            columns=("Label", "Label of the nearest", "Samples", "Share of the label"),
            rows=tuple((label, other, count, count / totals[label]) for (label, other), count in pairs),
            filters=tuple(SampleFilter(truth=label, prediction=other) for (label, other), _ in pairs),
        ),
    )


def _spread(count: int, most: int) -> NDArray[np.int64]:
    """Positions spread evenly, at most so many."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))
