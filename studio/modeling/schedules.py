"""Learning-rate schedules as pure functions of the update, so that a resume needs no state of theirs."""

import math
from typing import Literal, assert_never

Schedule = Literal["Constant", "Cosine", "Linear"]


def schedule_factor(schedule: Schedule, update: float, updates: int, warmup_updates: int) -> float:
    """What the full learning rate is multiplied with at an update, counted from 0 to `updates` - 1.

    Of a training that time ends sooner, `update` is where it would be by the clock, which may lie between two.

    The warm-up rises in a line and reaches 1 right after its last update; the rest falls to 0 behind the last update.
    """
    if update < warmup_updates:
        return (update + 1) / (warmup_updates + 1)
    done = (update - warmup_updates) / max(1, updates - warmup_updates)
    match schedule:
        case "Constant":
            return 1.0
        case "Cosine":
            return 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
        case "Linear":
            return max(0.0, 1.0 - done)
        case _:
            assert_never(schedule)
