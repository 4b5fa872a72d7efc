"""Metrics against scikit-learn, and their values where it has none."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from studio.modeling.regression.insights import regression_insights
from studio.modeling.regression.metrics import regression_metrics
from studio.results.insight import Bars, Scatter, Table


def drawn(rows: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    truth = generator.normal(5, 2, (rows, labels))
    return truth, truth + generator.normal(0, 1, (rows, labels))


def test_several_labels_are_averaged_as_scikit_learn_does() -> None:
    truth, predicted = drawn(200, 3)

    metrics = regression_metrics(truth, predicted)

    assert metrics["MAE"] == pytest.approx(sk.mean_absolute_error(truth, predicted), abs=1e-12)
    assert metrics["MSE"] == pytest.approx(sk.mean_squared_error(truth, predicted), abs=1e-12)
    assert metrics["RMSE"] == pytest.approx(sk.root_mean_squared_error(truth, predicted), abs=1e-12)
    assert metrics["MAPE"] == pytest.approx(100 * sk.mean_absolute_percentage_error(truth, predicted), rel=1e-12)
    assert metrics["R2"] == pytest.approx(sk.r2_score(truth, predicted), abs=1e-12)


def test_missing_labels_are_left_out_one_by_one() -> None:
    truth, predicted = drawn(50, 2)
    truth[:20, 0] = np.nan

    metrics = regression_metrics(truth, predicted)

    first = sk.root_mean_squared_error(truth[20:, 0], predicted[20:, 0])
    second = sk.root_mean_squared_error(truth[:, 1], predicted[:, 1])
    assert metrics["RMSE"] == pytest.approx((first + second) / 2)


def test_smape_is_a_percentage_of_the_mean_size_and_at_most_200() -> None:
    def smape(truth: float, predicted: float) -> float:
        return regression_metrics(np.array([[truth]]), np.array([[predicted]]))["SMAPE"]

    assert smape(100, 50) == pytest.approx(100 * 50 / 75)
    assert smape(1, -1) == pytest.approx(200)
    assert smape(0, 3) == pytest.approx(200)
    assert smape(0, 0) == 0


def test_what_is_undefined_is_nan() -> None:
    nothing = regression_metrics(np.full((3, 1), np.nan), np.zeros((3, 1)))
    constant = regression_metrics(np.zeros((3, 1)), np.ones((3, 1)))

    assert all(math.isnan(value) for value in nothing.values())
    assert math.isnan(constant["R2"])
    assert math.isnan(constant["MAPE"])
    assert constant["MAE"] == 1


def test_panels_of_one_label_and_of_several() -> None:
    truth, predicted = drawn(5000, 2)
    truth[0] = np.nan
    rows = list(range(10, 5010))

    one = {found.key: found.payload for found in regression_insights(truth[:, :1], predicted, ("a",), rows, "test")}
    two = [found.key for found in regression_insights(truth, predicted, ("a", "b"), rows, "test")]

    assert set(one) == {"test-predicted", "test-residuals", "test-error-by-range", "test-labels"}
    scatter, ranges, table = one["test-predicted"], one["test-error-by-range"], one["test-labels"]
    assert isinstance(scatter, Scatter)
    assert len(scatter.x) == 2000
    position = scatter.rows[7] - 10
    assert (scatter.x[7], scatter.y[7]) == (truth[position, 0], predicted[position, 0])
    assert isinstance(ranges, Bars)
    assert len(ranges.values) == 8
    assert isinstance(table, Table)
    assert table.rows[0][:2] == ("a", 4999)
    assert len(two) == len(set(two)) == 7


def test_equal_truths_and_no_truth_are_no_trouble() -> None:
    equal = list(regression_insights(np.ones((4, 1)), np.zeros((4, 1)), ("a",), [1, 2, 3, 4], "validation"))

    assert len(equal) == 4
    assert not list(regression_insights(np.full((2, 1), np.nan), np.zeros((2, 1)), ("a",), [1, 2], "validation"))
