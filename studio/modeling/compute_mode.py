"""ComputeMode: how a model computes. Memory layout and precision, which change its speed and hardly its results."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from studio.modeling.layout import Layout
from studio.modeling.precision import Precision, usable_precision


@dataclass(frozen=True)
class ComputeMode:
    """A memory layout and a precision."""

    layout: Layout = "Channels last"
    precision: Precision = "float32"

    def describe(self) -> str:
        """In words, for the log."""
        return self.precision if self.layout == "Any" else f"{self.layout.lower()} in {self.precision}"

    def to_json(self) -> dict[str, str]:
        """As checkpoints and bundles carry it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ComputeMode":
        """The opposite of `to_json`; what is missing is as it was before modes were chosen."""
        return cls(value.get("layout", "Channels last"), value.get("precision", "float32"))

    def inference(self, device: torch.device, *, is_mixed: bool) -> "ComputeMode":
        """How a model trained this way predicts on a device: in 32 bits unless mixed precision was asked for."""
        return ComputeMode(self.layout, usable_precision(self.precision, device) if is_mixed else "float32")
