"""The transformers library's Trainer as the other side of a measurement: its clock and its arguments."""

import time
from typing import Any

from transformers import TrainerCallback

ARGUMENTS: dict[str, Any] = {
    "lr_scheduler_type": "cosine",
    "dataloader_drop_last": True,
    "dataloader_pin_memory": False,
    "save_strategy": "no",
    "report_to": "none",
    "remove_unused_columns": False,
    "disable_tqdm": True,
    "use_cpu": True,
}
"""Of every training: it trains, and does nothing beside."""


class Stopwatch(TrainerCallback):
    """The time from the second epoch's start to the end."""

    began = seconds = 0.0

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Start at the second epoch."""
        if state.epoch >= 1 and not self.began:
            self.began = time.perf_counter()

    def on_train_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Stop."""
        self.seconds = time.perf_counter() - self.began
