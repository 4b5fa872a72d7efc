"""Precision: which floating-point numbers a device computes in."""

from typing import Literal

import torch

Precision = Literal["float32", "bfloat16", "float16"]

TYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """The context to compute in."""
    return torch.autocast(device.type, dtype=TYPES[precision], enabled=precision != "float32")


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
