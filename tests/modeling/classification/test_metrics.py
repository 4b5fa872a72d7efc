"""Metrics of classification against figures worked out by hand; undefined ones are NaN."""

import math

import numpy as np
import pytest

from studio.datasets.labels.labels import Task
from studio.modeling.classification.curves import average_precision, calibration_series, threshold_points
from studio.modeling.classification.metrics import NAMES, classification_metrics
from studio.results.classification import CLASSIFICATION_METRICS


def binary(positive: list[float]) -> np.ndarray:
    column = np.array(positive)
    return np.stack([1 - column, column], axis=1)


def test_every_declared_metric_is_computed() -> None:
    assert set(NAMES) == {info.name for info in CLASSIFICATION_METRICS}


def test_binary_figures_by_hand() -> None:
    found = classification_metrics(binary([1, 1, 1, 0, 0]), binary([0.9, 0.8, 0.2, 0.7, 0.1]), Task.BINARY, 0.5)

    assert found["Precision"] == pytest.approx(2 / 3)
    assert found["Recall"] == pytest.approx(2 / 3)
    assert found["F1"] == pytest.approx(2 / 3)
    assert found["Accuracy"] == pytest.approx(0.6)
    assert found["ROC_AUC"] == pytest.approx(5 / 6)
    assert found["MCC"] == pytest.approx((2 * 1 - 1 * 1) / 6)
    expected = -np.log([0.9, 0.8, 0.2, 0.3, 0.9]).mean()
    assert found["LogLoss"] == pytest.approx(expected)


def test_f2_weighs_recall_and_f05_precision() -> None:
    truth, chosen = binary([1, 1, 1, 1, 0]), binary([0.9, 0.9, 0.1, 0.1, 0.1])

    found = classification_metrics(truth, chosen, Task.BINARY, 0.5)

    assert (found["Precision"], found["Recall"]) == (1.0, 0.5)
    assert found["F2"] == pytest.approx(5 * 0.5 / (4 + 0.5))
    assert found["F05"] == pytest.approx(1.25 * 0.5 / (0.25 + 0.5))


def test_micro_figures_of_many_classes_equal_accuracy() -> None:
    truth = np.eye(3)[[0, 1, 2, 2]]
    chosen = np.array([[0.8, 0.1, 0.1], [0.2, 0.2, 0.6], [0.1, 0.2, 0.7], [0.1, 0.1, 0.8]])

    found = classification_metrics(truth, chosen, Task.MULTI_CLASS, 0.5)

    assert [found[name] for name in ("Accuracy", "F1", "Precision", "Recall")] == pytest.approx([0.75] * 4)


def test_several_labels_are_right_only_together_for_accuracy() -> None:
    truth = np.array([[1.0, 0.0], [1.0, 1.0]])
    chosen = np.array([[0.9, 0.2], [0.9, 0.3]])

    found = classification_metrics(truth, chosen, Task.MULTI_LABEL, 0.5)

    assert found["Accuracy"] == 0.5
    assert found["Recall"] == pytest.approx(2 / 3)


def test_one_class_only_leaves_auc_undefined_and_the_rest_not() -> None:
    found = classification_metrics(binary([1, 1]), binary([0.9, 0.8]), Task.BINARY, 0.5)

    assert math.isnan(found["ROC_AUC"])
    assert found["Accuracy"] == 1.0


def test_no_rows_leave_everything_undefined() -> None:
    found = classification_metrics(np.zeros((0, 2)), np.zeros((0, 2)), Task.BINARY, 0.5)

    assert all(math.isnan(value) for value in found.values())


def test_threshold_points_fall_and_their_counts_add_up() -> None:
    generator = np.random.default_rng(0)
    truth = (generator.random(1000) > 0.7).astype(float)
    points = threshold_points(truth, generator.random(1000))

    thresholds = [point.threshold for point in points]
    assert len(points) <= 200
    assert thresholds == sorted(thresholds, reverse=True)
    assert (points[0].recall, points[-1].recall) == (0.0, 1.0)
    for point in points:
        counts = (point.true_positives, point.false_positives, point.false_negatives, point.true_negatives)
        assert sum(counts) == 1000


def test_equal_probabilities_make_one_point() -> None:
    points = threshold_points(np.array([1.0, 0.0, 1.0]), np.array([0.5, 0.5, 0.5]))

    assert [point.true_positives for point in points] == [0, 2]
    assert average_precision(np.zeros(3), np.array([0.1, 0.2, 0.3])) is None


def test_calibration_lies_on_the_diagonal_for_a_calibrated_model() -> None:
    generator = np.random.default_rng(0)
    probability = generator.random(20_000)
    series = calibration_series("a", (generator.random(20_000) < probability).astype(float), probability)

    assert len(series.x) == 10
    assert all(y is not None and abs(x - y) < 0.05 for x, y in zip(series.x, series.y, strict=True))
