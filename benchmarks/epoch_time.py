"""Seconds an epoch from the second on, of our worker and of a loop written by hand, in turn on the same machine."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.workspace import make_run, run_worker
from studio.datasets.dataset import Dataset
from studio.modeling.loading import BatchLoader, TrainingOrder
from studio.runs.events import Event, Phase, SpeedChosen, Timings, decode
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.settings.sections.architecture import network_key
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import SilentReporter
from studio.training.run_context import RunContext, make_context

LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Pair:
    """One round: both sides, one after the other, so that a busy neighbour disturbs both alike."""

    bare: float
    ours: float


def read_events(folder: Path) -> list[Event]:
    """The log of a run."""
    return [decode(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]


def ours(folder: Path) -> float:
    """Seconds an epoch of a run in its own worker process, from the second epoch to the last."""
    if run_worker(folder) != 0:
        raise SystemExit((folder / "worker.log").read_text())
    events = read_events(folder)
    phases = [event for event in events if isinstance(event, Phase)]
    starts = [event.time for event in phases if event.name == "training"]
    end = next(event.time for event in phases if event.name == "validating")
    return (end - starts[1]) / (len(starts) - 1)


def bare(context: RunContext, loss_of: Callable[[Any], torch.Tensor], model: torch.nn.Module, epochs: int) -> float:
    """Seconds an epoch of the shortest loop one would write: default layout, 32-bit floats, nothing told or kept."""
    samples = context.recipe.samples(context.split.train, context.media, training=True)
    size = context.settings.training.batch_size
    order = TrainingOrder(len(samples), size, drop_last=True, seed=0)
    loader: BatchLoader[Any] = BatchLoader(context.recipe, samples, order, context.workers, context.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    model.train()
    began = 0.0
    for epoch in range(epochs):
        if epoch == 1:
            began = time.perf_counter()
        order.begin(epoch)
        for batch in loader:
            optimizer.zero_grad(set_to_none=True)
            loss_of(batch).backward()
            optimizer.step()
    return (time.perf_counter() - began) / (epochs - 1)


def one_round(
    root: Path,
    dataset: Dataset,
    values: dict[str, Any],
    threads: int,
    bare_seconds: Callable[[RunContext, str], float],
    index: int,
) -> tuple[Pair, Path]:
    """Both sides once, the one by hand without our cache; and the folder of our run."""
    off = {**values, "environment.cache_inputs": "Off"}
    by_hand = RunFolder(make_run(root / f"bare{index}", dataset, off, threads=threads))
    mine = make_run(root / f"ours{index}", dataset, values, threads=threads)
    context = make_context(by_hand, RunSpec.read(by_hand.path), 1, SilentReporter(), StopSignal(by_hand))
    return Pair(bare_seconds(context, str(values[network_key(values)])), ours(mine)), mine


def told(folder: Path) -> Iterator[str]:
    """How the run computed, and where its time went."""
    events = read_events(folder)
    for speed in (event for event in events if isinstance(event, SpeedChosen)):
        yield speed.reason
        for one in speed.candidates:
            yield f"    {one.layout}, {one.precision}: {one.seconds:.3f} s, deviation {one.deviation:.2%} {one.verdict}"
    seconds = [event for event in events if isinstance(event, Timings)][-1].seconds
    whole = sum(seconds.values())
    yield "    " + ", ".join(f"{part} {value / whole:.0%}" for part, value in seconds.items())


def compare(name: str, rounds: int, measured: Callable[[int], tuple[Pair, Path]], target: float = 1.3) -> None:
    """Print every round as it is done, how the last run computed, and the median ratio."""
    ratios = []
    for index in range(rounds):
        pair, folder = measured(index)
        ratios.append(pair.bare / pair.ours)
        print(f"{name}: bare {pair.bare:.2f}, ours {pair.ours:.2f} s an epoch, ratio {ratios[-1]:.2f}", flush=True)
        print("\n".join(told(folder)), flush=True)
    print(
        f"{name}: {statistics.median(ratios):.2f} times as fast as the bare loop (median of {rounds}); target {target}"
    )
