"""Batch size back-off: the largest batch that fits, by trying one step."""

import gc
from typing import Any

import torch
from torch import nn

from studio.errors import TrainingError
from studio.modeling.recipe import SampleIndex, Samples
from studio.training.failures.failures import is_out_of_memory
from studio.training.failures.input_sizes import smaller_inputs
from studio.training.run_context import RunContext
from studio.training.start.preserve_state import untouched


def fitting_batch_size(context: RunContext, model: nn.Module, samples: Samples, wanted: int) -> int:
    """`wanted`, or the largest smaller size whose forward and backward pass fit into memory.

    Halves until one fits, then bisects between it and the last that did not. Model and generators are left as found.

    Raises:
        TrainingError: if not even a batch of one fits.
    """
    with untouched(model):
        fits, fails = wanted, wanted + 1
        while fits >= 1 and not _fits(context, model, samples, fits):
            fits, fails = fits // 2, fits
        if fits < 1:
            raise TrainingError(
                "Not even one sample fits into memory.",
                hint=f"Use {smaller_inputs(context.spec)} or a smaller backbone.",
                code="oom_host" if context.device.type == "cpu" else "oom_gpu",
            )
        while fails - fits > max(1, fits // 8):
            middle = (fits + fails) // 2
            if _fits(context, model, samples, middle):
                fits = middle
            else:
                fails = middle
    if fits < wanted:
        context.reporter.log("warning", f"Batch size {wanted} does not fit into memory; using {fits}.")
    return fits


def _fits(context: RunContext, model: nn.Module, samples: Samples, size: int) -> bool:
    try:
        _step(context, model, samples, size)
    except (RuntimeError, MemoryError, OSError) as error:
        if not is_out_of_memory(error):
            raise
        _release()
        return False
    return True


def _step(context: RunContext, model: nn.Module, samples: Samples, size: int) -> None:
    items: list[Any] = [samples[SampleIndex(index % len(samples), 0)] for index in range(size)]
    batch = context.recipe.collate(items).to(context.device)
    model.train()
    torch.autograd.backward(context.recipe.loss(model, batch))
    model.zero_grad(set_to_none=True)


def _release() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
