"""Precision: which floating-point numbers a device computes in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

Precision = Literal["float32", "bfloat16", "float16"]

TYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
THIN = {1: 4, 2: 2}
"""The shortest side of sequences and of images up to which gradients may be wrong: found at 4 and at 1."""
_CONVOLUTIONS = (functional.conv1d, functional.conv2d, functional.conv3d)


@contextmanager
def autocast(precision: Precision, device: torch.device) -> Iterator[None]:
    """The context to compute in."""
    with ExitStack() as contexts:
        contexts.enter_context(torch.autocast(device.type, dtype=TYPES[precision], enabled=precision != "float32"))
        if device.type == "cpu" and precision == "bfloat16":
            contexts.enter_context(_ExactConvolutions())
        yield


class _ExactConvolutions(TorchFunctionMode):
    """Computes in 32 bits the convolutions whose gradients a processor gets wrong in bfloat16.

    The gradients of their weights read memory that nobody wrote where inputs are as thin as a kernel or a stride, or
    are volumes; a process may be killed by it (measured with torch 2.14 on AVX-512).
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in _CONVOLUTIONS and _is_at_risk(args[0]):
            with torch.autocast("cpu", enabled=False):
                return func(args[0].float(), *args[1:], **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _is_at_risk(features: Tensor) -> bool:
    """Whether these (B, C, ...) are a volume, or thin along any axis."""
    sides = features.shape[2:]
    return len(sides) not in THIN or min(sides) <= THIN[len(sides)]


def gradient_scaler(precision: Precision, device: torch.device) -> torch.amp.GradScaler:
    """Scales losses so that small gradients do not vanish in float16; in other numbers it changes nothing."""
    return torch.amp.GradScaler(device.type, enabled=precision == "float16")


def half_precision(device: torch.device) -> Precision:
    """The 16-bit numbers that a device computes in: bfloat16, and float16 on GPUs that have nothing better."""
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return "float16"
    return "bfloat16"


def usable_precision(wanted: Precision, device: torch.device) -> Precision:
    """What was wanted, or 32 bits where the device has no such numbers: float16 needs a GPU."""
    return "float32" if wanted == "float16" and device.type != "cuda" else wanted
