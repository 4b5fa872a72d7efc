"""How vectors become one: against the equations of the paper, and what each part weighs."""

import pytest
import torch

from studio.modeling.joint.fusion import Concatenation, GatedFusion, fusion_of


def test_concatenation_puts_normalized_vectors_behind_each_other() -> None:
    image, text = torch.randn(3, 5) * 100, torch.randn(3, 2) / 100

    joined = Concatenation([5, 2])([image, text])

    expected = [torch.nn.functional.layer_norm(one, one.shape[1:]) for one in (image, text)]
    assert torch.allclose(joined, torch.cat(expected, 1), atol=1e-6)


def test_two_parts_are_gated_as_in_the_paper() -> None:
    """Arevalo et al. 2017, figure 2a: h = z * tanh(W_v x_v) + (1 - z) * tanh(W_t x_t), z = sigmoid(W_z [x_v, x_t])."""
    torch.manual_seed(0)
    fusion, parts = GatedFusion([5, 3], 4), [torch.randn(6, 5), torch.randn(6, 3)]
    image, text = (torch.nn.functional.layer_norm(one, one.shape[1:]) for one in parts)
    ours, theirs = fusion.gate.weight.chunk(2)
    our_bias, their_bias = fusion.gate.bias.chunk(2)
    both = torch.cat([image, text], 1)

    joined = fusion(parts)

    z = torch.sigmoid(both @ (ours - theirs).T + our_bias - their_bias)
    expected = z * torch.tanh(fusion.values[0](image)) + (1 - z) * torch.tanh(fusion.values[1](text))
    assert torch.allclose(joined, expected, atol=1e-6)


@pytest.mark.parametrize(("kind", "size"), [("Concatenation", 8), ("Gated", 16)])
def test_the_size_of_the_joined_vector_is_told(kind: str, size: int) -> None:
    fusion = fusion_of(kind, [5, 3], 16)  # type: ignore[arg-type]

    assert fusion([torch.randn(2, 5), torch.randn(2, 3)]).shape == (2, size)
    assert fusion.features == size
