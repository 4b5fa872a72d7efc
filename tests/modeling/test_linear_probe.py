"""The linear probe against scikit-learn's models of the same objective, within 1e-3."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor, nn
from torch.nn import functional

from studio.modeling import linear_probe
from studio.modeling.linear_probe import fit_linear_probe


def features(rows: int, columns: int = 6) -> np.ndarray:
    """With scales and means far from those that a fit would like."""
    random = np.random.default_rng(0)
    return random.normal(0, 1, (rows, columns)) * 10.0 ** np.arange(-2, columns - 2) + 50


def standardized(values: np.ndarray) -> np.ndarray:
    return (values - values.mean(0)) / values.std(0)


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(outputs, targets, reduction="none")


def squared(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets).square().sum(1)


def test_a_probe_of_classes_says_what_logistic_regression_says() -> None:
    values = features(120)
    classes = (
        standardized(values) @ np.random.default_rng(1).normal(0, 1, (6, 3))
        + np.random.default_rng(2).normal(0, 1, (120, 3))
    ).argmax(1)

    probe = fit_linear_probe(torch.tensor(values), torch.tensor(classes), cross_entropy, 3, seed=0)

    reference = LogisticRegression(C=1 / (probe.strength * 120), tol=1e-8, max_iter=10_000)
    expected = reference.fit(standardized(values), classes).predict_proba(standardized(values))
    layer = nn.Linear(6, 3, dtype=torch.float64)
    probe.put_into(layer)
    found = torch.softmax(layer(torch.tensor(values)), 1).detach().numpy()
    assert np.abs(found - expected).max() < 1e-3
    assert probe.rows == 120
    assert probe.loss is not None


def test_a_probe_of_values_says_what_ridge_regression_says() -> None:
    values = features(80)
    truth = standardized(values) @ np.random.default_rng(3).normal(0, 1, (6, 2)) + np.random.default_rng(4).normal(
        0, 0.3, (80, 2)
    )

    probe = fit_linear_probe(torch.tensor(values), torch.tensor(truth), squared, 2, seed=0)

    # Half of the squared weights beside the mean squared error.
    reference = Ridge(alpha=probe.strength * 80 / 2).fit(standardized(values), truth)
    found = torch.tensor(values) @ probe.weight_OF.T + probe.bias_O
    assert np.abs(found.numpy() - reference.predict(standardized(values))).max() < 1e-3


def test_noise_gets_a_strong_penalty_and_a_clear_signal_a_weak_one() -> None:
    values = features(200)
    noise = torch.tensor(np.random.default_rng(5).integers(0, 2, 200))
    signal = torch.tensor((standardized(values)[:, 0] > 0).astype(np.int64))

    of_noise, of_signal = (
        fit_linear_probe(torch.tensor(values), one, cross_entropy, 2, seed=0).strength for one in (noise, signal)
    )

    assert of_noise >= 0.1
    assert of_signal <= 1e-3


def test_few_rows_and_a_constant_feature_are_no_error() -> None:
    values = features(5)
    values[:, 2] = 7.0

    probe = fit_linear_probe(torch.tensor(values), torch.tensor([0, 1, 0, 1, 0]), cross_entropy, 2, seed=0)

    assert (probe.strength, probe.loss) == (linear_probe.FEW_ROWS_STRENGTH, None)
    assert torch.isfinite(probe.weight_OF).all()
    assert probe.describe() == "Linear probe on the frozen features of 5 rows: penalty 0.1."


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_rows_give_the_same_bits(seed: int) -> None:
    values, classes = torch.tensor(features(60)), torch.tensor(np.random.default_rng(6).integers(0, 3, 60))

    one, other = (fit_linear_probe(values, classes, cross_entropy, 3, seed=seed) for _ in range(2))

    assert torch.equal(one.weight_OF, other.weight_OF)
