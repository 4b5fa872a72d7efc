"""Search by cosine against a full sort, and metrics against scikit-learn and by hand."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from studio.modeling.composed_recipe import ShownRow
from studio.modeling.metric_learning.insights import RetrievalResults, flat_map, metric_learning_insights, neighbours
from studio.modeling.metric_learning.metrics import retrieval_metrics
from studio.modeling.metric_learning.retrieval import most_similar, unit
from studio.results.insight import Lines, Scatter, Table


def clusters(rows: int, labels: int, noise: float) -> tuple[np.ndarray, list[str]]:
    generator = np.random.default_rng(0)
    codes = np.arange(rows) % labels
    centres = generator.normal(size=(labels, 16))
    return centres[codes] + generator.normal(0, noise, (rows, 16)), [f"label {code}" for code in codes]


@pytest.mark.parametrize("block", [1, 7, None])
def test_blocks_find_what_a_full_sort_finds_and_never_the_row_itself(block: int | None) -> None:
    embeddings, _ = clusters(40, 4, 1.0)
    cosines = unit(embeddings) @ unit(embeddings).T
    np.fill_diagonal(cosines, -2)

    found = most_similar(embeddings, None, 6, block=block)

    np.testing.assert_array_equal(found.positions, np.argsort(-cosines, axis=1)[:, :6])
    np.testing.assert_allclose(found.similarities, -np.sort(-cosines, axis=1)[:, :6], atol=1e-6, equal_nan=False)


def test_a_given_index_may_hold_the_query_and_fewer_rows_than_asked_for() -> None:
    embeddings, _ = clusters(5, 5, 0.1)

    found = most_similar(embeddings[:2], embeddings, 50)

    assert found.positions.shape == (2, 5)
    assert found.positions[:, 0].tolist() == [0, 1]
    assert most_similar(embeddings[:1], None, 3).positions.shape == (1, 0)


def test_twins_come_in_the_order_of_the_index_and_an_empty_embedding_is_like_nothing() -> None:
    found = most_similar(np.array([[1.0, 0], [1, 0], [1, 0], [0, 0]]), None, 3)

    assert found.positions[0].tolist() == [1, 2, 3]
    assert found.similarities[3].tolist() == [0, 0, 0]


def test_map_of_a_whole_ranking_is_scikit_learns_average_precision() -> None:
    embeddings, labels = clusters(60, 6, 2.0)
    found = most_similar(embeddings, None, 59)

    metrics = retrieval_metrics(found.positions, labels, None)

    expected = []
    for query, label in enumerate(labels):
        matches = [labels[other] == label for other in found.positions[query]]
        expected.append(average_precision_score(matches, -np.arange(59)))
    assert metrics["mAP"] == pytest.approx(np.mean(expected), abs=1e-12)


def test_a_cut_ranking_counts_as_many_matches_as_it_could_hold() -> None:
    positions = np.array([[1, 3], [3, 0], [0, 1], [0, 2]])
    labels = ["a", "a", "a", "b"]

    metrics = retrieval_metrics(positions, labels, None)

    # First query: match, none: (1 / 1) / 2. Second: none, match: (1 / 2) / 2. Third: both. The fourth has no twin.
    assert metrics["mAP"] == pytest.approx((0.5 + 0.25 + 1.0) / 3)
    assert metrics["Recall_at_1"] == pytest.approx(2 / 3)
    assert metrics["Recall_at_5"] == 1


def test_unknown_labels_are_left_out_and_a_foreign_index_is_searched() -> None:
    metrics = retrieval_metrics(np.array([[0, 1], [1, 0], [0, 1]]), ["a", None, "c"], ["a", "a"])

    assert metrics["mAP"] == 1
    assert all(math.isnan(value) for value in retrieval_metrics(np.zeros((1, 1), int), ["c"], ["a"]).values())
    assert math.isnan(retrieval_metrics(np.zeros((2, 0), int), ["a", "a"], None)["mAP"])


def test_neighbours_say_whether_they_match() -> None:
    embeddings, labels = clusters(12, 3, 0.01)
    found = most_similar(embeddings, None, 5)
    known = [*labels[:3], None, *labels[4:]]

    shown = [ShownRow({}, {"text": str(one)}) for one in range(12)]
    nearest = neighbours(RetrievalResults(embeddings, known, range(1, 13), found), 0, shown, 4)

    assert [one.is_match for one in nearest].count(True) == 2
    assert [one.is_match for one in nearest].count(None) == 1
    assert nearest[0].similarity > 0.99
    assert nearest[0].row == int(nearest[0].text) + 1


def test_panels_show_clusters_apart() -> None:
    embeddings, labels = clusters(60, 20, 0.05)
    found = most_similar(embeddings, None, 10)
    searched = RetrievalResults(embeddings, labels, range(1, 61), found)

    panels = {one.key: one.payload for one in metric_learning_insights(searched, "validation")}

    plane, recall = panels["validation-embedding-map"], panels["validation-recall"]
    assert isinstance(plane, Scatter)
    assert len(set(plane.groups)) == 16
    assert isinstance(recall, Lines)
    assert recall.series[1].y[0] == pytest.approx(0.5)
    similarities = panels["validation-similarities"]
    assert isinstance(similarities, Lines)
    same, different = (np.average(one.x, weights=one.y) for one in similarities.series)
    assert same > 0.9 > different
    pairs = panels["validation-confused"]
    assert isinstance(pairs, Table)
    assert pairs.rows == ()


def test_the_map_is_the_same_again_and_large_ones_are_projections() -> None:
    embeddings, _ = clusters(40, 4, 1.0)
    many, _ = clusters(2500, 4, 1.0)

    np.testing.assert_array_equal(flat_map(embeddings), flat_map(embeddings))
    assert flat_map(many).shape == (2500, 2)
    assert flat_map(np.ones((5, 3))).tolist() == [[0.0, 0.0]] * 5
    assert flat_map(embeddings[:3, :1]).shape == (3, 2)


def test_without_labels_there_is_the_map_alone() -> None:
    embeddings, _ = clusters(6, 3, 1.0)
    searched = RetrievalResults(embeddings, [None] * 6, range(1, 7), most_similar(embeddings, None, 3))

    assert [one.key for one in metric_learning_insights(searched, "test")] == ["test-embedding-map"]
