"""What logging a metric costs a training step: ours, and a file that is rewritten whole at each step.

python -m benchmarks.logging
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from studio.runs.folder import RunFolder
from studio.training.reporting.reporter import Reporter

STEPS = (1_000, 10_000, 100_000)
REWRITTEN_STEPS = (1_000, 4_000)


def measure(log: Callable[[int], None], steps: int) -> tuple[float, float]:
    """(median, 99 % quantile) in microseconds of the last tenth of the steps, where growth would show."""
    seconds = []
    for step in range(steps):
        started = time.perf_counter()
        log(step)
        seconds.append(time.perf_counter() - started)
    tail = sorted(seconds[-max(100, steps // 10) :])
    return statistics.median(tail) * 1e6, tail[int(len(tail) * 0.99)] * 1e6


def ours(steps: int) -> tuple[float, float]:
    """The reporter."""
    with tempfile.TemporaryDirectory() as folder:
        reporter = Reporter(RunFolder.create(Path(folder, "run")), 1, 1)
        found = measure(lambda step: reporter.metric("train.loss", step, 0.5), steps)
        reporter.close()
        return found


def rewritten(steps: int) -> tuple[float, float]:
    """All points so far in one JSON file, written again at each step: what grows with the run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "charts.json")
        points: list[tuple[int, float]] = []

        def log(step: int) -> None:
            points.append((step, 0.5))
            path.write_text(json.dumps({"train.loss": points}))

        return measure(log, steps)


def main() -> None:
    """Print both sides and their ratio."""
    mine = {steps: ours(steps) for steps in STEPS}
    other = {steps: rewritten(steps) for steps in REWRITTEN_STEPS}
    for steps, (median, slow) in mine.items():
        print(f"ours       {steps:>7} steps: median {median:8.2f} us, 99 % {slow:9.1f} us")
    for steps, (median, slow) in other.items():
        print(f"rewritten  {steps:>7} steps: median {median:8.2f} us, 99 % {slow:9.1f} us")
    last = REWRITTEN_STEPS[-1]
    print(f"ratio at {last} steps: {other[last][0] / mine[STEPS[0]][0]:.0f} times; target 5 us median, flat in steps")


if __name__ == "__main__":
    main()
