"""Losses of masks against segmentation-models-pytorch, and what they share."""

from types import SimpleNamespace
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch
from torch import Tensor

from studio.modeling.segmentation.losses import SegmentationLoss, loss_of

NAMES = ("BCE", "BCEDice", "BCELovasz", "CrossEntropy", "Dice", "Focal", "FocalDice", "Jaccard")


def loss(name: str, **changes: float) -> SegmentationLoss:
    values = {"bce_weight": 2.0, "dice_weight": 1.0, "focal_weight": 2.0, "lovasz_weight": 2.0}
    return loss_of(SimpleNamespace(loss_function=name, focal_alpha=0.25, focal_gamma=2.0, **{**values, **changes}))


def batch(classes: int = 3) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    targets = (torch.rand(4, classes, 9, 11) > 0.7).float()
    targets[:, -1] = 0  # a class that the batch lacks
    return torch.randn(4, classes, 9, 11), targets


def theirs(name: str, logits: Tensor, targets: Tensor) -> Tensor:
    kinds: dict[str, Any] = {
        "BCE": smp.losses.SoftBCEWithLogitsLoss(),
        "Dice": smp.losses.DiceLoss("multilabel"),
        "Jaccard": smp.losses.JaccardLoss("multilabel"),
        "Focal": smp.losses.FocalLoss("multilabel", alpha=0.25, gamma=2.0),
    }
    value: Tensor = kinds[name](logits, targets)
    return value


@pytest.mark.parametrize("name", ["BCE", "Dice", "Jaccard", "Focal"])
def test_a_loss_is_that_of_the_library(name: str) -> None:
    logits, targets = batch()

    assert loss(name)(logits, targets).item() == pytest.approx(theirs(name, logits, targets).item(), abs=1e-6)


def test_lovasz_is_that_of_the_library_for_a_class() -> None:
    logits, targets = batch(1)
    targets = (torch.rand_like(targets) > 0.6).float()

    ours = loss("BCELovasz", bce_weight=0)(logits, targets)

    assert ours.item() == pytest.approx(
        smp.losses.LovaszLoss("binary", per_image=False)(logits, targets).item(), abs=1e-6
    )


def test_cross_entropy_is_that_of_torch_with_a_background() -> None:
    torch.manual_seed(0)
    logits, numbers = torch.randn(2, 4, 5, 6), torch.randint(0, 4, (2, 5, 6))
    targets = torch.nn.functional.one_hot(numbers, 4).permute(0, 3, 1, 2)[:, 1:].float()
    ours = loss("CrossEntropy")

    assert ours.outputs(3) == 4
    assert ours(logits, targets).item() == pytest.approx(
        torch.nn.functional.cross_entropy(logits, numbers).item(), abs=1e-6
    )
    assert torch.allclose(ours.probabilities(logits).sum(1) + torch.softmax(logits, 1)[:, 0], torch.ones(2, 5, 6))


@pytest.mark.parametrize(
    ("name", "parts"),
    [("BCEDice", {"BCE": 2 / 3, "Dice": 1 / 3}), ("FocalDice", {"Focal": 2 / 3, "Dice": 1 / 3})],
)
def test_a_combined_loss_weighs_its_parts(name: str, parts: dict[str, float]) -> None:
    logits, targets = batch()

    expected = sum(share * loss(part)(logits, targets).item() for part, share in parts.items())

    assert loss(name)(logits, targets).item() == pytest.approx(expected, abs=1e-6)


def test_bce_and_lovasz_count_alike() -> None:
    assert [share for share, _ in loss("BCELovasz").parts] == [0.5, 0.5]


@pytest.mark.parametrize("name", NAMES)
def test_every_loss_learns_and_has_a_value_a_sample(name: str) -> None:
    function = loss(name)
    targets = batch()[1]
    outputs = torch.randn(4, function.outputs(3), 9, 11, requires_grad=True)
    alone = torch.stack([function(outputs[i : i + 1], targets[i : i + 1]) for i in range(4)])

    function(outputs, targets).backward()

    assert outputs.grad is not None
    assert bool(outputs.grad.abs().sum() > 0)
    assert torch.allclose(function.per_sample(outputs, targets), alone)


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_takes_any_number_of_axes(name: str) -> None:
    function = loss(name)
    outputs, targets = torch.randn(2, function.outputs(2), 3, 4, 5), (torch.rand(2, 2, 3, 4, 5) > 0.5).byte()

    flat = function(outputs.flatten(2)[..., None], targets.flatten(2)[..., None])

    assert function(outputs, targets).item() == pytest.approx(flat.item(), abs=1e-6)
