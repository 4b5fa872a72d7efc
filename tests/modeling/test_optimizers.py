"""Optimizers: every registered one learns, keeps its groups, and comes back from tensors and JSON."""

import json

import pytest
import torch
from torch import nn

from studio.modeling.optimizers import OPTIMIZERS, make_optimizer, optimizer_state, restore_optimizer, set_learning_rate


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))


def groups(model: nn.Sequential) -> dict[str, list[nn.Parameter]]:
    return {"Backbone": [*model[0].parameters(), *model[1].parameters()], "Head": list(model[2].parameters())}


def step(model: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
    model(torch.randn(8, 4)).pow(2).mean().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_groups_have_their_rates_and_only_matrices_decay(name: str) -> None:
    model = network()
    optimizer = make_optimizer(
        name,
        groups(model),
        learning_rate=1e-2,
        weight_decay=0.1,
        slow_groups=("Backbone",),
        slow_learning_rate=1e-3,
    )

    found = {(group["name"], group["weight_decay"]): group["lr"] for group in optimizer.param_groups}

    assert found == {("Backbone", 0.1): 1e-3, ("Backbone", 0.0): 1e-3, ("Head", 0.1): 1e-2, ("Head", 0.0): 1e-2}
    assert set_learning_rate(optimizer, 0.5) == pytest.approx(5e-3)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_a_restored_optimizer_takes_the_same_steps(name: str) -> None:
    model, twin = network(), network()
    first = make_optimizer(name, groups(model), learning_rate=1e-2, weight_decay=0.0)
    torch.manual_seed(1)
    step(model, first)
    tensors, rest = optimizer_state(first)

    second = make_optimizer(name, groups(twin), learning_rate=1e-2, weight_decay=0.0)
    twin.load_state_dict(model.state_dict())
    restore_optimizer(second, tensors, json.loads(json.dumps(rest)))
    for one, optimizer in ((model, first), (twin, second)):
        torch.manual_seed(2)
        step(one, optimizer)

    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))


def test_sgd_has_nesterov_momentum() -> None:
    group = make_optimizer("SGD", groups(network()), learning_rate=0.1, weight_decay=0.0).param_groups[0]

    assert (group["momentum"], group["nesterov"]) == (0.9, True)
