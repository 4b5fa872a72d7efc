"""Tied weights: a tensor that a model uses under several names is kept once, under the first of them.

Safetensors refuses tensors that share memory, and copies of a word embedding would double a file.
"""

from collections.abc import Mapping
from typing import Any

from torch import nn


def keep_once(model: nn.Module) -> None:
    """Leave the further names of tied tensors out of the model's state, and find them again when one is loaded."""
    twins = _twins(model)
    if not twins:
        return

    def leave_out(module: nn.Module, state: dict[str, Any], prefix: str, metadata: Any) -> None:
        for name in twins:
            state.pop(prefix + name, None)

    def put_in(module: nn.Module, state: dict[str, Any], prefix: str, *others: Any) -> None:
        for name, first in twins.items():
            if prefix + first in state:
                state[prefix + name] = state[prefix + first]

    model.register_state_dict_post_hook(leave_out)  # type: ignore[no-untyped-call]
    model.register_load_state_dict_pre_hook(put_in)  # type: ignore[no-untyped-call]


def _twins(model: nn.Module) -> Mapping[str, str]:
    """Further names of tensors, with the first name of each."""
    first: dict[int, str] = {}
    twins: dict[str, str] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if id(parameter) in first:
            twins[name] = first[id(parameter)]
        else:
            first[id(parameter)] = name
    return twins
