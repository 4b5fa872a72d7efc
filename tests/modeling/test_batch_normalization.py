"""Kept statistics stay, trained ones move, and Automatic follows the learning rates."""

import pytest
import torch
from torch import nn

from studio.modeling.batch_normalization import BatchNormalization, KeepsStatistics, keeps_statistics


class Two(KeepsStatistics):
    """Two norms in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.kept_part = nn.BatchNorm1d(3)
        self.trained_part = nn.BatchNorm1d(3)
        self.keep_statistics(self.kept_part)


def test_only_kept_parts_keep_their_statistics_while_all_scales_learn() -> None:
    model = Two()
    model.train()

    model.trained_part(model.kept_part(torch.randn(8, 3) + 5)).pow(2).sum().backward()

    assert model.kept_part.running_mean is not None
    assert model.trained_part.running_mean is not None
    assert model.kept_part.running_mean.abs().sum() == 0
    assert model.trained_part.running_mean.abs().sum() > 0
    assert model.kept_part.weight.grad is not None
    assert not model.kept_part.training
    assert model.trained_part.training


@pytest.mark.parametrize(
    ("choice", "is_gentle", "batch_size", "expected"),
    [
        ("Automatic", True, 16, True),
        ("Automatic", False, 16, False),
        ("Automatic", False, 1, True),
        ("Train", True, 16, False),
        ("Frozen", False, 16, True),
    ],
)
def test_the_choice(choice: BatchNormalization, is_gentle: bool, batch_size: int, expected: bool) -> None:
    assert keeps_statistics(choice, is_gentle=is_gentle, batch_size=batch_size) is expected
