"""Counts at probability levels give the metrics of masks at every threshold."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score

from studio.modeling.dense.levels import (
    LEVELS,
    at_every_level,
    at_threshold,
    level_counts,
    level_of_threshold,
    levels_of,
)


def masks() -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities and truth (3, 2, 24, 17)."""
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(3, 2, 24, 17, generator=generator) > 0.7
    return (0.6 * torch.rand(truth.shape, generator=generator) + 0.4 * truth).clamp(0, 1), truth


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.4999, 0.5, 0.9, 1.0])
def test_metrics_at_a_threshold_are_those_of_the_mask(threshold: float) -> None:
    probabilities, truth = masks()
    levels = levels_of(probabilities)

    found = at_threshold(level_counts(levels, truth).sum(0).numpy(), threshold)

    for k in range(2):
        true = truth[:, k].flatten().numpy()
        predicted = (levels[:, k].long() >= level_of_threshold(threshold)).flatten().numpy()
        assert found.iou[k] == pytest.approx(jaccard_score(true, predicted, zero_division=1), abs=1e-12)
        assert found.dice[k] == pytest.approx(f1_score(true, predicted, zero_division=1), abs=1e-12)
        assert found.precision[k] == pytest.approx(precision_score(true, predicted, zero_division=1), abs=1e-12)
        assert found.recall[k] == pytest.approx(recall_score(true, predicted, zero_division=1), abs=1e-12)


def test_a_level_holds_the_probabilities_from_its_own_on() -> None:
    assert levels_of(torch.tensor([0.0, 0.49999, 0.5, 0.99999, 1.0])).tolist() == [0, 127, 128, 255, 255]
    assert [level_of_threshold(one) for one in (0.0, 0.5, 0.501, 1.0)] == [0, 128, 129, 256]


def test_every_threshold_is_counted_and_the_last_lets_nothing_through() -> None:
    probabilities, truth = masks()
    counts = level_counts(levels_of(probabilities), truth).numpy()

    every = at_every_level(counts)

    assert counts.shape == (3, 2, 2, LEVELS)
    assert counts.sum() == truth.numel()
    assert every.true_positives.shape == (3, 2, LEVELS + 1)
    assert (every.true_positives[..., 0] == truth.flatten(2).sum(-1).numpy()).all()
    assert not every.true_positives[..., -1].any()
    assert not every.false_positives[..., -1].any()


def test_a_class_that_is_neither_there_nor_predicted_is_right() -> None:
    counts = level_counts(levels_of(torch.zeros(1, 1, 4, 4)), torch.zeros(1, 1, 4, 4)).numpy()

    found = at_threshold(counts, 0.5)

    assert found.iou.tolist() == found.dice.tolist() == [[1.0]]
    assert np.isfinite(found.precision).all()
