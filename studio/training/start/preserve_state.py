"""untouched: try steps on a model and leave it, and every random generator, as they were."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from studio.modeling.seeds import generator_states, restore_generators


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Forward and backward passes inside leave no trace.

    They change no parameter, but what normalizations gather, gradients, the training flag and generators.
    """
    was_training = model.training
    buffers = {name: value.detach().clone() for name, value in model.named_buffers()}
    generators = generator_states()
    try:
        yield
    finally:
        model.zero_grad(set_to_none=True)
        with torch.no_grad():
            for name, value in model.named_buffers():
                value.copy_(buffers[name])
        model.train(was_training)
        restore_generators(*generators)
