"""Layer-wise learning rates: the farther a layer of an encoder is from the head, the slower it learns.

Each layer has the rate of the one above it times a factor; the head has the full rate (ULMFiT, Howard and Ruder 2018,
arXiv:1801.06146; the numbering is that of BEiT, Bao et al. 2021, arXiv:2106.08254, as timm has it).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from timm.models._manipulate import group_with_matcher
from torch import nn

HEAD = "head of another module"
"""What stands for the layer above the encoder; no matcher of timm knows it."""


def layer_scales(model: nn.Module, decay: float) -> Mapping[nn.Parameter, float]:
    """What the learning rate of a parameter is multiplied with, for the parameters of encoders in a model.

    A layer `n` below the head has `decay ** n`. Encoders are networks of timm, whose layers timm tells apart, and of
    transformers, whose layers are its stack of blocks with what lies before it. Empty for a decay of 1.
    """
    if decay == 1:
        return {}
    return {
        parameter: decay**depth
        for encoder, depths in _encoders(model)
        for name, parameter in encoder.named_parameters()
        if (depth := depths.get(name, 0))
    }


def _encoders(module: nn.Module) -> Iterator[tuple[nn.Module, Mapping[str, int]]]:
    """Every encoder whose layers are known, with how far below the head each of its parameters lies, by name."""
    depths = _timm_depths(module) or _transformer_depths(module)
    if depths:
        yield module, depths
        return
    for child in module.children():
        yield from _encoders(child)


def _timm_depths(module: Any) -> Mapping[str, int]:
    if not hasattr(module, "group_matcher"):
        return {}
    named = [*module.named_parameters(), (HEAD, None)]
    layers = group_with_matcher(iter(named), module.group_matcher(coarse=False), reverse=True)
    return {name: layers[HEAD] - layer for name, layer in layers.items() if name != HEAD}


def _transformer_depths(module: Any) -> Mapping[str, int]:
    """What comes before the stack of blocks is one layer, what comes after it belongs to the last block."""
    count = getattr(getattr(module, "config", None), "num_hidden_layers", None)
    stacks = {name: one for name, one in module.named_modules() if isinstance(one, nn.ModuleList) and len(one) == count}
    if not stacks:
        return {}
    stack = max(stacks, key=lambda name: sum(one.numel() for one in stacks[name].parameters()))
    depths: dict[str, int] = {}
    depth = len(stacks[stack]) + 1
    for name, _ in module.named_parameters():
        if name.startswith(f"{stack}."):
            depth = len(stacks[stack]) - int(name.removeprefix(f"{stack}.").partition(".")[0])
        depths[name] = depth
    return depths
