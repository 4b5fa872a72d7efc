"""Temperature and thresholds: against torch's optimizer, scikit-learn and sums by hand."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from torch.nn import functional

from studio.datasets.labels.labels import Task
from studio.modeling.classification.held_out_fit import (
    TEMPERATURES,
    at_temperature,
    best_thresholds,
    calibration_error,
    fit_temperature,
)

TASKS = [Task.BINARY, Task.MULTI_CLASS, Task.MULTI_LABEL]


def probabilities_of(logits: np.ndarray, task: Task) -> np.ndarray:
    """As a model gives them: of 32 bits."""
    tensor = torch.from_numpy(logits)
    if task is Task.MULTI_CLASS:
        return torch.softmax(tensor, 1).float().double().numpy()
    sigmoids = torch.sigmoid(tensor).float()
    both = torch.cat([1 - sigmoids, sigmoids], 1) if task is Task.BINARY else sigmoids
    return both.double().numpy()


def drawn(task: Task, rows: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Truth, drawn by the probabilities of logits, and these logits times `sharpness`."""
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 2, (rows, 1 if task is Task.BINARY else 4))
    probabilities = probabilities_of(logits, task)
    if task is Task.MULTI_LABEL:
        truth = (generator.random(logits.shape) < probabilities).astype(float)
    else:
        chosen = (generator.random((rows, 1)) > probabilities.cumsum(1)).sum(1)
        truth = np.eye(probabilities.shape[1])[np.minimum(chosen, probabilities.shape[1] - 1)]
    return truth, logits * sharpness


def temperature_of_guo(truth: np.ndarray, logits: np.ndarray, task: Task) -> float:
    """Of the paper: the least log loss of the logits over one number, found by L-BFGS."""
    z, y = torch.from_numpy(logits), torch.from_numpy(truth)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scaled = z / log_temperature.exp()
        if task is Task.MULTI_CLASS:
            value = functional.cross_entropy(scaled, y)
        else:
            value = functional.binary_cross_entropy_with_logits(scaled, y[:, -z.shape[1] :])
        value.backward()
        return value

    optimizer.step(loss)
    return float(log_temperature.detach().exp())


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("sharpness", [0.5, 2.5])
def test_the_temperature_is_that_of_the_paper(task: Task, sharpness: float) -> None:
    truth, logits = drawn(task, 4000, sharpness)

    found = fit_temperature(truth, probabilities_of(logits, task), task)

    expected = temperature_of_guo(truth, logits, task)
    assert found == pytest.approx(expected, rel=2 ** (1 / 16) - 1)  # one step of the grid
    assert found == pytest.approx(sharpness, rel=0.1)


@pytest.mark.parametrize("task", TASKS)
def test_probabilities_at_a_temperature_are_those_of_divided_logits(task: Task) -> None:
    _, logits = drawn(task, 50, 3.0)

    found = at_temperature(probabilities_of(logits, task), task, 1.7)

    np.testing.assert_allclose(found, probabilities_of(logits / 1.7, task), rtol=0, atol=2e-5, equal_nan=False)


@pytest.mark.parametrize("task", TASKS)
def test_probabilities_at_the_ends_stay_finite(task: Task) -> None:
    ends = np.array([[1.0, 0.0], [0.0, 1.0]])

    for temperature in (TEMPERATURES[0], TEMPERATURES[-1]):
        found = at_temperature(ends, task, temperature)
        assert np.isfinite(found).all()
        assert (found.argmax(1) == [0, 1]).all()


def test_one_is_in_the_grid_and_stays_for_calibrated_and_for_few_rows() -> None:
    truth, logits = drawn(Task.MULTI_CLASS, 20_000, 1.0)
    probabilities = probabilities_of(logits, Task.MULTI_CLASS)

    assert 1.0 in TEMPERATURES
    assert fit_temperature(truth, probabilities, Task.MULTI_CLASS) == 1.0
    assert fit_temperature(truth[:19], probabilities[:19] ** 5, Task.MULTI_CLASS) == 1.0


def test_rows_that_are_all_right_do_not_ask_for_certainty() -> None:
    truth = np.eye(3)[np.arange(30) % 3]
    probabilities = truth * 0.94 + 0.02

    found = at_temperature(probabilities, Task.MULTI_CLASS, fit_temperature(truth, probabilities, Task.MULTI_CLASS))

    assert 0.94 < found.max() < 0.99


def test_many_rare_labels_do_not_ask_for_doubt() -> None:
    """5,700 answers outweigh the one that is added, however sure the others are."""
    generator = np.random.default_rng(0)
    truth = (generator.random((300, 19)) < 0.05).astype(float)
    logits = np.where(truth > 0, 4.0, -9.0) + generator.normal(0, 4, truth.shape)
    probabilities = probabilities_of(logits, Task.MULTI_LABEL)

    temperature = fit_temperature(truth, probabilities, Task.MULTI_LABEL)

    expected = temperature_of_guo(truth, logits, Task.MULTI_LABEL)
    assert temperature == pytest.approx(expected, rel=2 * (2 ** (1 / 16) - 1))


def test_the_calibration_error_by_hand() -> None:
    """Confidences 0.9, 0.9 and 0.6; the first and the last are right. Gaps: 1.8 to 1, 0.6 to 1, over 3 rows."""
    truth = np.eye(2)[[0, 1, 1]]
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])

    assert calibration_error(truth, probabilities, Task.BINARY) == pytest.approx((0.8 + 0.4) / 3)
    several = calibration_error(np.array([[1.0, 0.0]]), np.array([[0.9, 0.3]]), Task.MULTI_LABEL)
    assert several == pytest.approx((0.1 + 0.3) / 2)


def test_thresholds_have_the_best_f1_that_any_has() -> None:
    generator = np.random.default_rng(0)
    truth = (generator.random((80, 3)) < [0.5, 0.2, 0.1]).astype(float)
    probabilities = np.round(np.clip(generator.normal(0.3 * truth + [0.5, 0.2, 0.1], 0.15), 0, 1), 2)

    found = best_thresholds(truth, probabilities, 0.5)

    for k in range(3):
        values = [f1_score(truth[:, k], probabilities[:, k] > one) for one in np.linspace(0, 1, 401)]
        assert f1_score(truth[:, k], probabilities[:, k] > found[k]) == pytest.approx(max(values))


def test_few_positives_and_ties_keep_the_one_threshold() -> None:
    truth = np.zeros((20, 2))
    truth[:4, 0] = truth[:10, 1] = 1
    probabilities = np.where(truth > 0, 0.9, 0.1)
    probabilities[:4, 0] = 0.2

    assert best_thresholds(truth, probabilities, 0.4).tolist() == [0.4, 0.4]
