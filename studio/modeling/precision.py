"""Precision: which floating-point type a device computes in, and why, in words for the log."""

from dataclasses import dataclass
from typing import Literal

import torch

PrecisionName = Literal["no", "bf16", "fp16"]


@dataclass(frozen=True)
class Precision:
    """The type of autocast, `no` for plain 32-bit floats."""

    name: PrecisionName
    reason: str

    def autocast(self, device: torch.device) -> torch.autocast:
        """The context to compute in."""
        types = {"no": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
        return torch.autocast(device.type, dtype=types[self.name], enabled=self.name != "no")


def choose_precision(device: torch.device, wants_mixed: bool) -> Precision:
    """Mixed precision where it pays.

    On a processor it does not by itself: bf16 doubles ResNet and slows depthwise models such as EfficientNet by a
    quarter (measured on an EPYC with avx512_bf16), so 32-bit floats stay.
    """
    if not wants_mixed:
        return Precision("no", "Computing in 32-bit floats.")
    if device.type != "cuda":
        return Precision("no", "Mixed precision is on, but this run has no GPU; on a processor 32-bit floats are used.")
    if torch.cuda.is_bf16_supported():
        return Precision("bf16", "Mixed precision: bf16.")
    return Precision("fp16", "Mixed precision: fp16 with loss scaling.")
