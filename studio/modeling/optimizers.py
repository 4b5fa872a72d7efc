"""Optimizers as data: what each is and which arguments it gets; one factory without branches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class OptimizerInfo:
    """One optimizer and its fixed arguments."""

    name: str
    make: Callable[..., torch.optim.Optimizer]
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


OPTIMIZERS: Mapping[str, OptimizerInfo] = MappingProxyType(
    {
        info.name: info
        for info in (
            OptimizerInfo("Adadelta", torch.optim.Adadelta),
            # Fused: one pass over the memory. On a processor 8 times as fast for a model with many embeddings.
            OptimizerInfo("Adam", torch.optim.Adam, MappingProxyType({"fused": True})),
            OptimizerInfo("AdamW", torch.optim.AdamW, MappingProxyType({"fused": True})),
            OptimizerInfo("RMSprop", torch.optim.RMSprop, MappingProxyType({"momentum": 0.9, "alpha": 0.9})),
            OptimizerInfo("SGD", torch.optim.SGD, MappingProxyType({"momentum": 0.9, "nesterov": True, "fused": True})),
        )
    }
)


def make_optimizer(
    name: str,
    groups: Mapping[str, Sequence[nn.Parameter]],
    *,
    learning_rate: float,
    weight_decay: float,
    slow_groups: Sequence[str] = (),
    slow_learning_rate: float | None = None,
    scales: Mapping[nn.Parameter, float] = MappingProxyType({}),
) -> torch.optim.Optimizer:
    """An optimizer over layer groups; `slow_groups` get a rate of their own, which `scales` multiply.

    Weight decay is left off vectors and scalars: biases, and the scale and shift of norms. Each parameter group keeps
    its full rate as `full_rate`, which the schedule multiplies.
    """
    info = OPTIMIZERS[name]
    parameter_groups = []
    for group, parameters in groups.items():
        rate = slow_learning_rate if group in slow_groups and slow_learning_rate is not None else learning_rate
        trained = [one for one in parameters if one.requires_grad]
        for decay, chosen in (
            (weight_decay, [one for one in trained if one.dim() > 1]),
            (0.0, [one for one in trained if one.dim() <= 1]),
        ):
            for scale, alike in _by_scale(chosen, scales).items():
                full = rate * scale
                parameter_groups.append(
                    {"params": alike, "lr": full, "full_rate": full, "weight_decay": decay, "name": group}
                )
    return info.make(parameter_groups, lr=learning_rate, **info.arguments)


def _by_scale(
    parameters: Sequence[nn.Parameter], scales: Mapping[nn.Parameter, float]
) -> Mapping[float, list[nn.Parameter]]:
    alike: dict[float, list[nn.Parameter]] = {}
    for one in parameters:
        alike.setdefault(scales.get(one, 1.0), []).append(one)
    return alike


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> float:
    """Scale every group's full rate; gives the highest rate now in use."""
    for group in optimizer.param_groups:
        group["lr"] = group["full_rate"] * factor
    return max(float(group["lr"]) for group in optimizer.param_groups)


def lay_out_moments(optimizer: torch.optim.Optimizer) -> None:
    """Give moments the memory layout that their parameters have now, as `restore_optimizer` does."""
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                state[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def optimizer_state(optimizer: torch.optim.Optimizer) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The state as tensors by name and a JSON-able rest, so that no pickle is needed."""
    state = optimizer.state_dict()
    tensors: dict[str, torch.Tensor] = {}
    rest: dict[str, dict[str, Any]] = {}
    for index, values in state["state"].items():
        for key, value in values.items():
            if isinstance(value, torch.Tensor):
                tensors[f"{index}.{key}"] = value
            else:
                rest.setdefault(str(index), {})[key] = value
    return tensors, {"rest": rest, "groups": state["param_groups"]}


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor], state: Mapping[str, Any]
) -> None:
    """The opposite of `optimizer_state`.

    Moments take the memory layout of their parameter: another layout adds in another order, and a resumed run would
    differ from an uninterrupted one in the last bits.
    """
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    values: dict[int, dict[str, Any]] = {int(index): dict(rest) for index, rest in state["rest"].items()}
    for name, tensor in tensors.items():
        index, _, key = name.partition(".")
        parameter = parameters[int(index)]
        is_moment = tensor.shape == parameter.shape
        kept = torch.empty_like(parameter, dtype=tensor.dtype).copy_(tensor) if is_moment else tensor.clone()
        values.setdefault(int(index), {})[key] = kept
    groups = [
        {key: tuple(value) if key == "betas" else value for key, value in group.items()} for group in state["groups"]
    ]
    optimizer.load_state_dict({"state": values, "param_groups": groups})
