"""Losses against torch's own, and probabilities that sum to 1 where they must."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional
from torchvision.ops import sigmoid_focal_loss

from studio.datasets.labels.labels import Task
from studio.errors import TrainingError
from studio.modeling.classification.class_weights import ClassWeighting, class_weights
from studio.modeling.classification.losses import LossName, classification_loss

TASKS = (Task.BINARY, Task.MULTI_CLASS, Task.MULTI_LABEL)
NAMES: tuple[LossName, ...] = ("Automatic", "BCE", "CrossEntropy", "Focal")
LEGAL = [(task, name) for task in TASKS for name in NAMES if (task, name) != (Task.MULTI_LABEL, "CrossEntropy")]


def targets(task: Task, classes: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    if task is Task.MULTI_LABEL:
        return (torch.rand(6, classes, generator=generator) > 0.5).float()
    return torch.eye(classes)[torch.randint(0, classes, (6,), generator=generator)]


@pytest.mark.parametrize(("task", "name"), LEGAL)
def test_every_loss_is_overfitted(task: Task, name: LossName) -> None:
    classes = 2 if task is Task.BINARY else 4
    loss = classification_loss(name, task, classes)
    truth = targets(task, classes)
    logits = torch.zeros(6, loss.outputs, requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=5.0)

    for _ in range(200):
        optimizer.zero_grad()
        loss.per_sample(logits, truth).sum().backward()
        optimizer.step()

    assert ((loss.probabilities(logits.detach()) > 0.5) == (truth > 0.5)).all()


@pytest.mark.parametrize(("task", "name"), [one for one in LEGAL if one[0] is not Task.MULTI_LABEL])
def test_one_label_probabilities_sum_to_1(task: Task, name: LossName) -> None:
    classes = 2 if task is Task.BINARY else 4
    loss = classification_loss(name, task, classes)

    found = loss.probabilities(torch.randn(5, loss.outputs))

    assert found.shape == (5, classes)
    assert found.sum(1).tolist() == pytest.approx([1.0] * 5, abs=1e-6)


def test_cross_entropy_and_bce_equal_torchs() -> None:
    truth = targets(Task.MULTI_CLASS, 4)
    logits = torch.randn(6, 4)

    cross = classification_loss("CrossEntropy", Task.MULTI_CLASS, 4).per_sample(logits, truth)
    bce = classification_loss("BCE", Task.MULTI_CLASS, 4).per_sample(logits, truth)

    assert torch.allclose(cross, functional.cross_entropy(logits, truth.argmax(1), reduction="none"), atol=1e-6)
    assert torch.allclose(bce.mean(), functional.binary_cross_entropy_with_logits(logits, truth), atol=1e-6)


def test_focal_with_gamma_0_and_alpha_a_half_is_half_of_bce() -> None:
    truth, logits = targets(Task.MULTI_LABEL, 3), torch.randn(6, 3)

    focal = classification_loss("Focal", Task.MULTI_LABEL, 3, focal_alpha=0.5, focal_gamma=0.0)
    bce = classification_loss("BCE", Task.MULTI_LABEL, 3)

    assert torch.allclose(focal.per_sample(logits, truth), 0.5 * bce.per_sample(logits, truth), atol=1e-6)


def test_two_classes_have_one_logit_for_the_positive_class() -> None:
    loss = classification_loss("Automatic", Task.BINARY, 2)

    assert loss.name == "BCE"
    assert loss.outputs == 1
    assert loss.probabilities(torch.tensor([[20.0]])).round().tolist() == [[0.0, 1.0]]


def test_cross_entropy_on_several_labels_is_refused() -> None:
    with pytest.raises(TrainingError, match="exactly one class"):
        classification_loss("CrossEntropy", Task.MULTI_LABEL, 3)


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2.0), (0.6, 1.5)])
@pytest.mark.parametrize("is_soft", [False, True])
def test_focal_equals_torchvisions_also_for_soft_targets(alpha: float, gamma: float, is_soft: bool) -> None:
    torch.manual_seed(0)
    truth = torch.rand(6, 3) if is_soft else targets(Task.MULTI_LABEL, 3)
    logits = torch.randn(6, 3) * 3

    ours = classification_loss("Focal", Task.MULTI_LABEL, 3, focal_alpha=alpha, focal_gamma=gamma)
    theirs = sigmoid_focal_loss(logits, truth, alpha=alpha, gamma=gamma)

    assert torch.allclose(ours.per_sample(logits, truth), theirs.mean(1), atol=1e-6)


def test_soft_targets_of_cross_entropy_and_bce_equal_torchs() -> None:
    torch.manual_seed(0)
    truth, logits = torch.rand(6, 4).softmax(1), torch.randn(6, 4)

    cross = classification_loss("CrossEntropy", Task.MULTI_CLASS, 4).per_sample(logits, truth)
    bce = classification_loss("BCE", Task.MULTI_CLASS, 4).per_sample(logits, truth)

    assert torch.allclose(cross, functional.cross_entropy(logits, truth, reduction="none"), atol=1e-6)
    assert torch.allclose(bce.mean(), functional.binary_cross_entropy_with_logits(logits, truth), atol=1e-6)


@pytest.mark.parametrize("name", ["CrossEntropy", "BCE", "Focal"])
def test_balanced_weights_of_one_class_a_sample_equal_scikit_learns(name: LossName) -> None:
    counts, classes = [5, 40, 15], torch.tensor([0, 1, 2, 1])
    rows = np.repeat(np.arange(3), counts)
    expected = torch.tensor(compute_class_weight("balanced", classes=np.arange(3), y=rows), dtype=torch.float32)
    loss, logits, truth = classification_loss(name, Task.MULTI_CLASS, 3), torch.randn(4, 3), torch.eye(3)[classes]
    weights = class_weights("Balanced", Task.MULTI_CLASS, counts, 60)

    weighted = loss.per_sample(logits, truth, weights)

    assert torch.allclose(weighted, expected[classes] * loss.per_sample(logits, truth), atol=1e-6)
    if name == "CrossEntropy":
        reference = functional.cross_entropy(logits, classes, weight=expected, reduction="none")
        assert torch.allclose(weighted, reference, atol=1e-6)


def test_balanced_weights_of_two_classes_with_one_logit_equal_scikit_learns() -> None:
    expected = compute_class_weight("balanced", classes=np.arange(2), y=np.repeat([0, 1], [30, 10]))
    loss, truth = classification_loss("BCE", Task.BINARY, 2), torch.eye(2)
    logits = torch.tensor([[0.3], [-0.8]])

    weighted = loss.per_sample(logits, truth, class_weights("Balanced", Task.BINARY, [30, 10], 40))

    assert (weighted / loss.per_sample(logits, truth)).tolist() == pytest.approx(expected.tolist(), abs=1e-6)


def test_balanced_weights_of_several_labels_weigh_both_values_of_each() -> None:
    present, absent = (torch.tensor(one, dtype=torch.float32) for one in ([40 / 10, 40 / 60], [40 / 70, 40 / 20]))
    truth, logits = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.randn(2, 2)
    elements = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    loss = classification_loss("BCE", Task.MULTI_LABEL, 2)

    weighted = loss.per_sample(logits, truth, class_weights("Balanced", Task.MULTI_LABEL, [5, 30], 40))

    assert torch.allclose(weighted, (elements * torch.where(truth > 0, present, absent)).mean(1), atol=1e-6)


@pytest.mark.parametrize("name", ["Square root", "Balanced"])
@pytest.mark.parametrize("task", TASKS)
def test_the_mean_weight_of_the_training_rows_is_1(task: Task, name: ClassWeighting) -> None:
    counts = [3, 9, 88, 0][: 2 if task is Task.BINARY else 4]
    rows = 120 if task is Task.MULTI_LABEL else sum(counts)
    weights = class_weights(name, task, counts, rows)
    assert weights is not None

    if task is Task.MULTI_LABEL:
        mean = (weights.present_K * torch.tensor(counts) + weights.absent_K * (rows - torch.tensor(counts))) / rows
    else:
        mean = (weights.present_K * torch.tensor(counts)).sum() / rows

    assert mean.tolist() == pytest.approx([1.0] * 4 if task is Task.MULTI_LABEL else 1.0)
    assert weights.present_K[0] > weights.present_K[1]


def test_the_weights_of_a_mixed_sample_are_mixed() -> None:
    weights = class_weights("Square root", Task.MULTI_CLASS, [10, 40], 50)
    assert weights is not None
    first, second = weights.of_samples(torch.eye(2))[:, 0]

    mixed = weights.of_samples(torch.tensor([[0.25, 0.75]]))[0, 0]

    assert mixed == pytest.approx(0.25 * first + 0.75 * second)
    assert first / second == pytest.approx(2.0)
