"""Panels of classification: which there are, what they count, and that many rows and classes are no trouble."""

import time

import numpy as np
import pytest

from studio.datasets.labels.labels import Task
from studio.modeling.classification.insights import MOST_CURVES, classification_insights
from studio.results.insight import Insight, Lines, Matrix, Table, ThresholdCurves

THREE = ("a", "b", "c")


def panels(truth: np.ndarray, probabilities: np.ndarray, task: Task, labels: tuple[str, ...]) -> dict[str, Insight]:
    found = classification_insights(truth, probabilities, task, labels, 0.5, "test")
    return {one.key.removeprefix("test-"): one for one in found}


def drawn(rows: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth, and probabilities by which the truth was drawn: calibrated by construction."""
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(classes), rows)
    chosen = np.array([generator.choice(classes, p=row) for row in probabilities])
    return np.eye(classes)[chosen], probabilities


def test_confusion_counts_truth_by_answer() -> None:
    truth = np.eye(3)[[0, 0, 1, 2]]
    answers = np.eye(3)[[0, 1, 1, 0]] * 0.8 + 0.05

    matrix = panels(truth, answers, Task.MULTI_CLASS, THREE)["confusion"].payload

    assert isinstance(matrix, Matrix)
    assert matrix.counts == ((1, 1, 0), (0, 1, 0), (1, 0, 0))


def test_probabilities_that_are_right_lie_on_the_diagonal() -> None:
    payload = panels(*drawn(20_000, 3), Task.MULTI_CLASS, THREE)["calibration"].payload

    assert isinstance(payload, Lines)
    for series in payload.series:
        assert np.allclose(series.x, np.array(series.y, dtype=float), atol=0.05)


def test_several_labels_have_no_confusion_matrix_and_two_classes_one_curve() -> None:
    truth, probabilities = drawn(50, 3)
    several = panels(truth, probabilities, Task.MULTI_LABEL, THREE)
    two = panels(*drawn(50, 2), Task.BINARY, ("no", "yes"))

    assert set(several) == {"curves", "calibration", "classes"}
    assert isinstance(two["curves"].payload, ThresholdCurves)
    assert two["curves"].payload.classes == ("yes",)


def test_of_many_classes_the_most_frequent_have_curves_and_all_are_in_the_table() -> None:
    labels = tuple(f"class {number}" for number in range(200))
    truth = np.eye(200)[np.random.default_rng(0).integers(100, 200, 10_000)]
    probabilities = np.full((10_000, 200), 1 / 200)
    began = time.monotonic()

    found = panels(truth, probabilities, Task.MULTI_CLASS, labels)

    assert isinstance(found["curves"].payload, ThresholdCurves)
    assert len(found["curves"].payload.classes) == MOST_CURVES
    assert all(int(name.split()[1]) >= 100 for name in found["curves"].payload.classes)
    assert isinstance(found["classes"].payload, Table)
    assert len(found["classes"].payload.rows) == 200
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("task", list(Task))
def test_without_rows_there_are_no_panels(task: Task) -> None:
    assert not panels(np.zeros((0, 2)), np.zeros((0, 2)), task, ("no", "yes"))
