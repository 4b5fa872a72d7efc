"""Losses against torch's own where all labels are known, and by hand where some are not."""

import pytest
import torch
from torch.nn import functional

from studio.modeling.regression.losses import RegressionLoss

OUTPUTS = torch.tensor([[1.0, 2.0], [0.0, 0.0], [3.0, -1.0]])
TARGETS = torch.tensor([[2.0, 2.0], [0.5, -3.0], [3.0, 1.0]])


def test_with_all_labels_known_they_are_torchs() -> None:
    mae, mse = functional.l1_loss(OUTPUTS, TARGETS), functional.mse_loss(OUTPUTS, TARGETS)

    assert RegressionLoss("MAE").of_batch(OUTPUTS, TARGETS) == pytest.approx(mae.item())
    assert RegressionLoss("MSE").of_batch(OUTPUTS, TARGETS) == pytest.approx(mse.item())
    assert RegressionLoss("RMSE").of_batch(OUTPUTS, TARGETS) == pytest.approx(mse.sqrt().item())


def test_missing_labels_are_left_out_and_get_no_gradient() -> None:
    outputs = OUTPUTS.clone().requires_grad_()
    targets = torch.tensor([[2.0, torch.nan], [torch.nan, torch.nan], [3.0, 1.0]])

    samples = RegressionLoss("MAE").per_sample(outputs, targets)
    RegressionLoss("MAE").of_batch(outputs, targets).backward()

    assert samples.isnan().tolist() == [False, True, False]
    assert samples[[0, 2]].tolist() == [1.0, 1.0]
    assert outputs.grad is not None
    assert outputs.grad.isfinite().all()
    assert outputs.grad[1].tolist() == [0.0, 0.0]
    assert outputs.grad[0, 1] == 0


@pytest.mark.parametrize("name", ["MAE", "MSE", "RMSE"])
def test_a_batch_without_any_label_and_a_perfect_one_have_finite_gradients(name: str) -> None:
    for targets in (torch.full((3, 2), torch.nan), OUTPUTS):
        outputs = OUTPUTS.clone().requires_grad_()

        loss = RegressionLoss(name).of_batch(outputs, targets)  # type: ignore[arg-type]
        loss.backward()

        assert loss.item() == pytest.approx(0, abs=1e-5)
        assert outputs.grad is not None
        assert outputs.grad.isfinite().all()
