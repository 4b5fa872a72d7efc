"""Precision: what autocast computes in, and convolutions whose gradients a processor gets wrong in bfloat16."""

from typing import Any

import pytest
import torch
from torch import nn

from studio.modeling.precision import autocast

CPU = torch.device("cpu")


def weight_gradient(layer: Any, values: torch.Tensor) -> torch.Tensor:
    """Of the sum of squares, after memory was filled with NaN and given back."""
    layer.zero_grad()
    outputs = layer(values)
    filled = [torch.full((1 << power,), float("nan")) for power in range(8, 22)]
    del filled
    outputs.float().square().sum().backward()
    gradient: torch.Tensor = layer.weight.grad.clone()
    return gradient


THIN: list[tuple[Any, tuple[int, ...]]] = [
    (nn.Conv3d(64, 64, 3, padding=1), (64, 2, 4, 4)),
    (nn.Conv3d(64, 64, 3, padding=1), (64, 2, 3, 3)),
    (nn.Conv2d(64, 64, 3, 2, padding=1), (64, 4, 1)),
    (nn.Conv2d(128, 128, 5, padding=2), (128, 1, 4)),
    (nn.Conv1d(64, 64, 3, 5, padding=1), (64, 4)),
    (nn.Conv1d(64, 64, 10, 5, padding=5), (64, 3)),
]


@pytest.mark.parametrize(("layer", "sides"), THIN, ids=[f"{type(one).__name__} of {sides}" for one, sides in THIN])
def test_gradients_of_thin_convolutions_in_bfloat16_are_those_of_32_bits(layer: Any, sides: tuple[int, ...]) -> None:
    values = torch.randn(2, *sides, generator=torch.Generator().manual_seed(0))
    exact = weight_gradient(layer, values)

    for _ in range(5):
        with autocast("bfloat16", CPU):
            found = weight_gradient(layer, values)
        torch.testing.assert_close(found, exact, rtol=0.02, atol=0.02 * float(exact.abs().max()))


def test_other_layers_compute_in_what_was_asked_for() -> None:
    image, vector = torch.randn(1, 3, 16, 16), torch.randn(2, 8)
    convolution, linear = nn.Conv2d(3, 4, 3), nn.Linear(8, 2)

    with autocast("bfloat16", CPU):
        assert (convolution(image).dtype, linear(vector).dtype) == (torch.bfloat16, torch.bfloat16)
    with autocast("float32", CPU):
        assert (convolution(image).dtype, linear(vector).dtype) == (torch.float32, torch.float32)
    assert linear(vector).dtype == torch.float32
