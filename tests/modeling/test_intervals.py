"""Intervals hold what they promise: of many tables, at least 92 % of the nominal 95 % contain the true value."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from studio.datasets.labels.labels import Task
from studio.modeling.classification.row_statistics import ClassificationStatistics
from studio.modeling.intervals import difference_intervals, metric_intervals
from studio.modeling.regression.row_statistics import RegressionStatistics
from studio.modeling.row_statistics import RowMeans, RowStatistics
from studio.modeling.transcription.alignment import Errors
from studio.modeling.transcription.row_statistics import TranscriptStatistics

ROWS, TABLES, MANY = 150, 150, 100_000
Make = Callable[[np.random.Generator, int], RowStatistics]


def binary(random: np.random.Generator, rows: int) -> RowStatistics:
    truth = (random.random(rows) < 0.3).astype(float)
    positive = 1 / (1 + np.exp(-random.normal(1.5 * truth - 1, 1)))
    both = [np.stack([1 - one, one], 1) for one in (truth, positive)]
    return ClassificationStatistics(*both, Task.BINARY, 0.5)


def many_classes(random: np.random.Generator, rows: int) -> RowStatistics:
    classes = random.choice(5, rows, p=[0.35, 0.25, 0.2, 0.1, 0.1])
    logits = random.normal(0, 1, (rows, 5)) + 2.5 * np.eye(5)[classes]
    return ClassificationStatistics(np.eye(5)[classes], np.exp(logits) / np.exp(logits).sum(1, keepdims=True), Task.MULTI_CLASS, 0.5)  # fmt: skip  # noqa: E501


def several_labels(random: np.random.Generator, rows: int) -> RowStatistics:
    truth = (random.random((rows, 4)) < [0.5, 0.3, 0.2, 0.1]).astype(float)
    return ClassificationStatistics(
        truth, 1 / (1 + np.exp(-random.normal(2.5 * truth - 1.3, 1))), Task.MULTI_LABEL, 0.5
    )


def values(random: np.random.Generator, rows: int) -> RowStatistics:
    truth = random.normal(50, 10, (rows, 1))
    return RegressionStatistics(truth, truth + random.normal(0.5, 4, (rows, 1)))


def transcripts(random: np.random.Generator, rows: int) -> RowStatistics:
    lengths = random.integers(3, 30, rows)
    wrong = random.binomial(lengths, random.beta(1, 6, rows))
    errors = [Errors(hits=int(n - k), substitutions=int(k)) for n, k in zip(lengths, wrong, strict=True)]
    return TranscriptStatistics(errors, errors)


@pytest.mark.parametrize("make", [binary, many_classes, several_labels, values, transcripts])
def test_at_least_92_percent_contain_the_true_value(make: Make) -> None:
    whole = make(np.random.default_rng(0), MANY)
    true = {name: float(found[0]) for name, found in whole.metrics(np.ones((1, MANY))).items()}
    hits: dict[str, list[bool]] = {name: [] for name in true}

    for table in range(TABLES):
        found = metric_intervals(make(np.random.default_rng(table + 1), ROWS), seed=table, seconds=60)
        for name, (low, high) in found.items():
            hits[name].append(low <= true[name] <= high)

    assert {name: len(one) for name, one in hits.items()} == dict.fromkeys(true, TABLES)
    assert {name: np.mean(one) for name, one in hits.items() if np.mean(one) < 0.92} == {}


def test_where_all_rows_are_right_the_interval_is_wilsons() -> None:
    found = metric_intervals(RowMeans({"Accuracy": np.ones(30)}), seed=0, seconds=60)

    expected = stats.binomtest(30, 30).proportion_ci(0.95, method="wilson")
    assert found == {"Accuracy": pytest.approx((expected.low, expected.high))}
    assert found["Accuracy"][0] < 0.9


def test_a_mean_has_the_interval_of_student() -> None:
    random = np.random.default_rng(1)
    sample = random.normal(10, 2, 80)

    [(low, high)] = metric_intervals(RowMeans({"MAE": sample}), seed=0, seconds=60).values()

    expected = stats.t.interval(0.95, 79, sample.mean(), sample.std(ddof=1) / np.sqrt(80))
    assert (low, high) == pytest.approx(expected, abs=0.06)


def test_too_few_rows_and_values_that_never_change_have_none() -> None:
    assert metric_intervals(RowMeans({"MAE": np.arange(19.0)}), seed=0, seconds=60) == {}
    assert metric_intervals(RowMeans({"MAE": np.full(50, 0.3)}), seed=0, seconds=60) == {}


def test_the_same_predictions_have_the_same_intervals() -> None:
    one, other = (metric_intervals(values(np.random.default_rng(3), 60), seed=0, seconds=60) for _ in range(2))

    assert one == other


def pair_of(random: np.random.Generator, rows: int) -> tuple[RowStatistics, RowStatistics]:
    """Two models that find the same rows hard; the second is right a little more often."""
    hard = random.normal(0, 1.5, rows)
    right = [((shift - hard + random.normal(0, 0.5, rows)) > 0).astype(float) for shift in (0.6, 0.9)]
    first, second = (RowMeans({"Accuracy": one}) for one in right)
    return first, second


def test_intervals_of_a_paired_difference_contain_the_true_one_and_are_narrower_than_those_of_unpaired_rows() -> None:
    ones = np.ones((1, MANY))
    whole = [float(one.metrics(ones)["Accuracy"][0]) for one in pair_of(np.random.default_rng(0), MANY)]
    hits, widths = [], []

    for table in range(2 * TABLES):
        first, second = pair_of(np.random.default_rng(table + 1), ROWS)
        found = difference_intervals(first, second, seed=table, seconds=60)["Accuracy"]
        hits.append(found[0] <= whole[0] - whole[1] <= found[1])
        widths.append(found[1] - found[0])

    unpaired = 2 * 1.96 * np.sqrt(sum(one * (1 - one) / ROWS for one in whole))
    assert np.mean(hits) >= 0.92
    assert np.mean(widths) < 0.75 * unpaired


def test_a_difference_of_few_or_other_rows_has_no_interval() -> None:
    few = RowMeans({"Accuracy": np.ones(10)})

    assert difference_intervals(few, few, seed=0, seconds=1) == {}
    with pytest.raises(ValueError, match="10 rows"):
        difference_intervals(few, RowMeans({"Accuracy": np.ones(11)}), seed=0, seconds=1)
