"""Memory layout: how pixels and the weights of convolutions lie in memory. Results do not depend on it."""

from typing import Literal

import torch
from torch import nn

from studio.modeling.images.normalization import PixelNormalization

Layout = Literal["Channels first", "Channels last", "Any"]
"""`Any` where nothing is laid out: models without pixels."""


def apply_layout(model: nn.Module, layout: Layout) -> None:
    """Lay out a model's weights, and make its normalization, which every image model begins with, give that layout."""
    if layout == "Any":
        return
    last = layout == "Channels last"
    memory_format = torch.channels_last if last else torch.contiguous_format
    model.to(memory_format=memory_format)
    for module in model.modules():
        if isinstance(module, PixelNormalization):
            module.memory_format = memory_format
