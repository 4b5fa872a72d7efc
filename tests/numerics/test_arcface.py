"""ArcFace against pytorch-metric-learning, the referee, with the same weights: losses and gradients to 1e-5."""

import math

import pytest
import torch

from studio.modeling.metric_learning.arcface import ArcFace

TOLERANCE = 1e-5


@pytest.mark.parametrize(("margin", "scale"), [(0.1, 45.0), (0.5, 64.0), (1.2, 16.0), (0.0, 1.0)])
def test_losses_and_gradients_are_the_referees(margin: float, scale: float) -> None:
    from pytorch_metric_learning.losses import ArcFaceLoss

    torch.manual_seed(0)
    ours = ArcFace(16, 7, margin, scale)
    referee = ArcFaceLoss(7, 16, margin=math.degrees(margin), scale=scale)
    referee.W.data = ours.weight.detach().T.clone()
    targets = torch.arange(7).repeat(3)
    # Samples near, across and opposite their labels, the last past the angle where the margin changes its form.
    embeddings = torch.cat([ours.weight.detach(), torch.randn(7, 16), -ours.weight.detach()]) + 0.05 * torch.randn(
        21, 16
    )
    mine, theirs = embeddings.clone().requires_grad_(), embeddings.clone().requires_grad_()

    loss, expected = ours.per_sample(mine, targets).mean(), referee(theirs, targets)
    loss.backward()
    expected.backward()

    assert loss.item() == pytest.approx(expected.item(), rel=TOLERANCE)
    assert mine.grad is not None
    assert theirs.grad is not None
    torch.testing.assert_close(mine.grad, theirs.grad, atol=TOLERANCE, rtol=TOLERANCE)
    assert ours.weight.grad is not None
    torch.testing.assert_close(ours.weight.grad, referee.W.grad.T, atol=TOLERANCE, rtol=TOLERANCE)


def test_a_sample_on_its_label_and_one_without_a_label_have_finite_gradients() -> None:
    layer = ArcFace(4, 3, 0.5, 64.0)
    embeddings = torch.stack([layer.weight[0].detach() * 3, torch.zeros(4), torch.ones(4)]).requires_grad_()

    losses = layer.per_sample(embeddings, torch.tensor([0, 1, -1]))
    losses[:2].sum().backward()

    assert losses.isnan().tolist() == [False, False, True]
    assert embeddings.grad is not None
    assert embeddings.grad.isfinite().all()
