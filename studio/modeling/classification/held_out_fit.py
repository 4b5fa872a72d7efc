"""What rows that are held out of training say about probabilities: their temperature, and the threshold of each class.

Shapes: N samples, K classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.datasets.labels.labels import Task
from studio.modeling.classification.row_statistics import row_losses
from studio.modeling.recipe import Target

Array = NDArray[np.float64]

TEMPERATURES = tuple(2.0 ** (step / 16) for step in range(-32, 65))
"""From 0.25 to 16; 1 is among them."""
LEAST_ROWS = 20
LEAST_POSITIVES = 5
"""A class with fewer keeps the one threshold."""
BINS = 15
"""Of the calibration error, as in Guo et al. 2017."""
_TINY, _RESOLUTION = float(np.finfo(np.float32).tiny), 2.0**-24
"""The least positive number, and the least distance to 1, that a probability of 32 bits can have."""
_TEMPERATURE = "temperature"


def temperature_of(target: Target) -> float | None:
    """The temperature that a target carries; None where none was fitted."""
    found = target.facts.get(_TEMPERATURE)
    return None if found is None else float(found)


def thresholds_of(target: Target, default: float) -> Array | None:
    """The threshold (K) of every class that a target carries; None where none were fitted."""
    found = [target.facts.get(_threshold(k)) for k in range(len(target.labels))]
    if all(one is None for one in found):
        return None
    return np.array([default if one is None else float(one) for one in found])


def with_temperature(target: Target, temperature: float) -> Target:
    """The target with a temperature."""
    return _with(target, {_TEMPERATURE: temperature})


def with_thresholds(target: Target, thresholds_K: Array) -> Target:
    """The target with a threshold for every class."""
    return _with(target, {_threshold(k): float(value) for k, value in enumerate(thresholds_K)})


def at_temperature(probabilities_NK: Array, task: Task, temperature: float) -> Array:
    """The probabilities that logits divided by the temperature have (Guo et al. 2017, arXiv:1706.04599).

    The order of classes stays; of several labels, that of each label's rows. Logits are those that give the
    probabilities, so the means over views, and sigmoids that were scaled to sum to 1, have them, too.
    """
    if temperature == 1:
        return probabilities_NK
    if task is Task.MULTI_CLASS:
        logs_NK = np.log(np.maximum(probabilities_NK, _TINY)) / temperature
        powers_NK = np.exp(logs_NK - logs_NK.max(1, keepdims=True))
        scaled_NK: Array = powers_NK / powers_NK.sum(1, keepdims=True)
        return scaled_NK
    positive_NK = probabilities_NK[:, 1:] if task is Task.BINARY else probabilities_NK
    logits_NK = np.log(np.maximum(positive_NK, _TINY)) - np.log(np.maximum(1 - positive_NK, _RESOLUTION))
    sigmoids_NK: Array = 1 / (1 + np.exp(-logits_NK / temperature))
    return np.hstack([1 - sigmoids_NK, sigmoids_NK]) if task is Task.BINARY else sigmoids_NK


def fit_temperature(truth_NK: Array, probabilities_NK: Array, task: Task) -> float:
    """The temperature with the least log loss, and 1 for fewer than `LEAST_ROWS` rows.

    In the way of Platt 1999, one answer more than there are has the classes in their shares: rows that are all right
    would else ask for ever surer probabilities. Of several labels each is an answer.
    """
    rows = len(truth_NK)
    if rows < LEAST_ROWS:
        return 1.0
    answers = truth_NK.size if task is Task.MULTI_LABEL else rows
    smooth_NK = (truth_NK * answers + truth_NK.mean(0)) / (answers + 1)

    def loss(temperature: float) -> float:
        return float(row_losses(smooth_NK, at_temperature(probabilities_NK, task, temperature), task).mean())

    best: float = min(TEMPERATURES, key=lambda one: (loss(one), abs(one - 1)))
    return best


def calibration_error(truth_NK: Array, probabilities_NK: Array, task: Task) -> float:
    """The expected calibration error: how far confidence and share of right answers are apart, over `BINS` bins.

    Of one class a sample it is that of the likeliest class; of several labels, that of every label.
    """
    if task is Task.MULTI_LABEL:
        confidence, right = probabilities_NK.ravel(), truth_NK.ravel()
    else:
        confidence = probabilities_NK.max(1)
        right = np.take_along_axis(truth_NK, probabilities_NK.argmax(1)[:, None], 1)[:, 0]
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def best_thresholds(truth_NK: Array, probabilities_NK: Array, default: float) -> Array:
    """The threshold (K) with the highest F1 of each class, the nearest to `default` of equals.

    Thresholds lie half way between neighbouring probabilities. Classes with fewer than `LEAST_POSITIVES` keep the
    default.
    """
    return np.array(
        [
            _best_threshold(truth_N, probability_N, default) if truth_N.sum() >= LEAST_POSITIVES else default
            for truth_N, probability_N in zip(truth_NK.T, probabilities_NK.T, strict=True)
        ]
    )


def _best_threshold(truth_N: Array, probability_N: Array, default: float) -> float:
    values = np.unique(probability_N)
    candidates = np.r_[default, (values[:-1] + values[1:]) / 2]
    rising = np.sort(probability_N)
    rising_positives = np.sort(probability_N[truth_N > 0.5])
    chosen = len(rising) - np.searchsorted(rising, candidates, side="right")
    hits = len(rising_positives) - np.searchsorted(rising_positives, candidates, side="right")
    f1 = 2 * hits / (chosen + len(rising_positives))
    best = candidates[f1 >= f1.max() - 1e-12]
    return float(best[np.abs(best - default).argmin()])


@dataclass(frozen=True)
class Calibration:
    """Probabilities against the truth, before and after their temperature."""

    temperature: float
    log_losses: tuple[float, float]
    errors: tuple[float, float]

    @classmethod
    def of(cls, truth_NK: Array, scaled_NK: Array, task: Task, temperature: float) -> "Calibration":
        """Of probabilities that are scaled by the temperature."""
        both = (at_temperature(scaled_NK, task, 1 / temperature), scaled_NK)
        losses = [float(row_losses(truth_NK, one, task).mean()) for one in both]
        errors = [calibration_error(truth_NK, one, task) for one in both]
        return cls(temperature, (losses[0], losses[1]), (errors[0], errors[1]))

    def describe(self) -> str:
        """For the log and the panel."""
        if self.temperature == 1:
            return "The temperature 1 fits best: probabilities stay as they are."
        return (
            f"Logits are divided by the temperature {self.temperature:.3g}, fitted on the validation rows: log loss "
            f"{self.log_losses[0]:.4g} before and {self.log_losses[1]:.4g} after, calibration error (ECE) "
            f"{100 * self.errors[0]:.2g} % before and {100 * self.errors[1]:.2g} % after."
        )


def _threshold(k: int) -> str:
    return f"threshold_of_class_{k}"


def _with(target: Target, facts: Mapping[str, float]) -> Target:
    return replace(target, facts={**target.facts, **facts})
