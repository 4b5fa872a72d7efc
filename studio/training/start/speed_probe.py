"""Speed probe: which memory layout and precision this model trains fastest in on this device, by trying them.

The same real batch goes forward and backward in every mode in turn, round after round, so that a busy neighbour slows
all alike; the median over the rounds decides, so that no single one does. On processors the winner differs from model
to model: bfloat16 with channels last doubles some, and slows those of depthwise convolutions.
"""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import nn

from studio.modeling.compute_mode import ComputeMode
from studio.modeling.layout import Layout, apply_layout
from studio.modeling.loading import TrainingOrder
from studio.modeling.precision import Precision, autocast, half_precision
from studio.modeling.recipe import Batch, Recipe, Samples
from studio.modeling.seeds import generator_states, restore_generators
from studio.runs.events import SpeedCandidate
from studio.training.start.preserve_state import untouched

REFERENCE = ComputeMode("Channels first", "float32")
"""What gains and deviations are told against: what a plain PyTorch loop does."""
DEFAULT = ComputeMode("Channels last", "float32")
"""What is used where nothing is measured, and left only for a gain that repeats."""
MIN_GAIN = 1.10
MAX_DEVIATION = 0.02
"""How far the loss of a batch may lie from that in 32 bits, as a share of it."""
SMALLEST_LOSS = 0.01
"""Below it deviations count against this: a loss of almost nothing has no digits to keep."""
MIN_RUN_SECONDS = 10.0
MIN_BATCHES = 100
"""Fewer would not earn back what a probe costs."""
SMALLEST_PART = 0.5
"""Of a batch: with less, converting the weights to 16 bits weighs too much (measured: a gain of 1.7 became a loss)."""
BUDGET_SHARE = 0.02
"""Of what the run is expected to take: the most that a probe costs."""
MOST_SECONDS = 30.0
"""More is not spent on rounds beyond those that are needed."""
ROUNDS = (3, 9)
"""At least, and at most."""
HOPELESS = 1.4
"""A mode this much slower than the best is not measured again."""
LOSS_SCALE = 1024.0
"""Keeps float16 gradients from vanishing, as loss scaling does in training."""


@dataclass(frozen=True)
class Choice:
    """A mode, what it gains over `REFERENCE`, and why it was taken."""

    mode: ComputeMode
    reason: str
    gain: float = 1.0
    candidates: tuple[SpeedCandidate, ...] = ()
    is_complete: bool = False
    """Whether every mode was measured, so that other runs can use it."""


@dataclass(frozen=True)
class ProbeInputs:
    """What is to be timed: the first batch of the training, and how many there will be."""

    recipe: Recipe[Any]
    model: nn.Module
    samples: Samples
    order: TrainingOrder
    device: torch.device
    batches: int
    check: Callable[[], None] = lambda: None
    """Called before every step; raises if the run is to stop."""
    is_warm: bool = False
    """Whether the model has taken steps in the default mode."""


@dataclass
class _Measured:
    """What was seen of one mode."""

    mode: ComputeMode
    seconds: list[float] = field(default_factory=list)
    loss: float = math.nan
    is_finite: bool = True
    deviation: float = 0.0
    is_left_out: bool = False
    """Because there was no time for it."""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds) if self.seconds else math.inf

    @property
    def shortest(self) -> float:
        return min(self.seconds, default=math.inf)


def allowed_modes(environment: Any, device: torch.device) -> list[ComputeMode]:
    """The modes that the settings leave to choose from on a device, `DEFAULT` first if it is among them."""
    layouts: Sequence[Layout] = ("Channels last", "Channels first")
    layout: Layout | Literal["Automatic"] = getattr(environment, "memory_layout", "Any")
    if layout != "Automatic":
        layouts = (layout,)
    precisions: Sequence[Precision] = ("float32", half_precision(device))
    if not environment.mixed_precision_training or (environment.precision == "float16" and device.type != "cuda"):
        precisions = ("float32",)
    elif environment.precision != "Automatic":
        precisions = (environment.precision,)
    return [ComputeMode(layout, precision) for precision in precisions for layout in layouts]


def choose_mode(
    work: ProbeInputs, modes: Sequence[ComputeMode], clock: Callable[[], float] = time.perf_counter
) -> Choice:
    """The fastest of the modes that computes rightly; leaves the model and all generators as they were.

    The model's layout is for the caller to set.
    """
    decided = without_measuring(work.batches, modes)
    if decided is not None:
        return decided
    with untouched(work.model):
        work.model.train()
        return _Probe(work, modes, clock).choice()


def without_measuring(batches: int, modes: Sequence[ComputeMode]) -> Choice | None:
    """The choice where there is none, or where the run is too short to look for the best."""
    if len(modes) == 1:
        return Choice(modes[0], f"Computing with {modes[0].describe()}, as the settings say.")
    if batches < MIN_BATCHES:
        return Choice(modes[0], f"Compute modes were not measured: the run has only {batches} batches.")
    return None


def too_short(mode: ComputeMode, seconds: float) -> Choice | None:
    """The choice for a run that is expected to take so little that no mode gains anything; else None."""
    if seconds >= MIN_RUN_SECONDS:
        return None
    return Choice(mode, f"Compute modes were not measured: training takes only about {max(1, round(seconds))} s.")


class _Probe:
    """One measurement."""

    def __init__(self, work: ProbeInputs, modes: Sequence[ComputeMode], clock: Callable[[], float]) -> None:
        self._work = work
        self._clock = clock
        self._begun = clock()
        self._generators = generator_states()
        self._default = _Measured(modes[0])
        self._reference = ComputeMode("Any") if modes[0].layout == "Any" else REFERENCE
        reference = [] if self._reference in modes else [_Measured(self._reference)]
        self._all = [self._default, *(_Measured(mode) for mode in modes[1:]), *reference]
        self._modes = tuple(modes)
        draws = next(iter(work.order))
        self._items = [work.samples[draw] for draw in draws]
        self._batch = self._collated(len(self._items))

    def choice(self) -> Choice:
        """Look whether it is worth it, warm up, measure, choose."""
        if not self._work.is_warm:
            self._step(self._default)
        seconds = self._step(self._default)
        expected = seconds * self._work.batches
        short = too_short(self._default.mode, expected)
        if short is not None:
            return short
        needed = seconds * len(self._all) * (1 + ROUNDS[0])
        left = BUDGET_SHARE * expected - (self._clock() - self._begun)
        share = min(1.0, left / needed)
        smallest = SMALLEST_PART if self._work.device.type == "cpu" else 1.0
        if share < smallest:
            words = f"Compute modes were not measured: it would take more than {BUDGET_SHARE:.0%} of the run."
            return Choice(self._default.mode, words)
        if share < 1:
            # On a processor the order of modes stays the same.
            self._batch = self._collated(math.ceil(len(self._items) * share))
        self._measure(self._clock() + min(left, max(needed, MOST_SECONDS)))
        return self._chosen()

    def _measure(self, deadline: float) -> None:
        first: dict[ComputeMode, float] = {}
        for one in self._all:
            if self._clock() >= deadline:
                break
            first[one.mode] = self._step(one)
        self._all = [one for one in self._all if one.mode in first]
        for one in self._all:
            one.deviation = self._deviation(one)
        for _ in range(ROUNDS[1]):
            self._leave_out(deadline, first)
            if not self._round(deadline):
                break
        for one in self._all:
            one.seconds = one.seconds or [first[one.mode]]

    def _leave_out(self, deadline: float, first: Mapping[ComputeMode, float]) -> None:
        """Give up the slowest modes where the rounds that are needed would otherwise take longer than there is."""
        rounds = ROUNDS[0] - len(self._default.seconds)
        while rounds > 0 and len(active := self._active()) > 1:
            needed = rounds * sum(one.shortest if one.seconds else first[one.mode] for one in active)
            if self._clock() + needed <= deadline:
                return
            slowest = max(active[1:], key=lambda one: one.shortest if one.seconds else first[one.mode])
            slowest.is_left_out = True

    def _active(self) -> list[_Measured]:
        """The default, and whatever may still beat it or is measured baseline."""
        best = min((one.shortest for one in self._all if self._is_right(one)), default=math.inf)
        return [one for one in self._all if one is self._default or self._is_worth_it(one, best)]

    def _is_worth_it(self, one: _Measured, best: float) -> bool:
        # Twice slow, so that one moment of a busy neighbour throws nobody out.
        is_hopeless = len(one.seconds) > 1 and one.shortest > HOPELESS * best
        return not one.is_left_out and (one.mode == self._reference or (self._is_right(one) and not is_hopeless))

    def _round(self, deadline: float) -> bool:
        """One more step of each. Gives whether another round may follow."""
        active = self._active()
        for one in active:
            if self._clock() + (one.shortest if one.seconds else 0.0) >= deadline:
                return False
            one.seconds.append(self._step(one))
        return len(active) > 1

    def _deviation(self, one: _Measured) -> float:
        """Of the loss from that in 32 bits and the same layout: another layout draws other random numbers."""
        twin = next((it for it in self._all if it.mode == ComputeMode(one.mode.layout, "float32")), one)
        return abs(one.loss - twin.loss) / max(abs(twin.loss), SMALLEST_LOSS)

    def _chosen(self) -> Choice:
        rivals = [one for one in self._all if one.mode in self._modes and self._is_right(one)]
        able = [one for one in rivals if one is not self._default and self._wins(one)]
        best = min(able, key=lambda one: one.median, default=self._default)
        if not self._is_right(self._default):
            best = min(rivals, key=lambda one: one.median, default=self._default)
        measured = [one for one in self._all if one.mode == self._reference and not one.is_left_out]
        against = measured[0] if measured else self._default
        gain = against.median / best.median
        words = best.mode.describe()
        reason = f"Computing with {words}: {gain:.2f} times as fast as {against.mode.describe()} (measured)."
        if gain < MIN_GAIN:
            reason = f"Computing with {words}: no other mode is clearly faster (measured)."
        tried = tuple(self._candidate(one, best) for one in self._all)
        return Choice(best.mode, reason, gain, tried, is_complete=self._is_complete())

    def _is_complete(self) -> bool:
        """Whether each mode was measured, as far as it could win."""
        known = {one.mode for one in self._all if not one.is_left_out}
        return known >= set(self._modes) and len(self._default.seconds) >= ROUNDS[0]

    def _wins(self, one: _Measured) -> bool:
        """Whether it is clearly faster than the default in the median of the rounds that both took part in."""
        ratios = [default / mine for mine, default in zip(one.seconds, self._default.seconds, strict=False)]
        return len(ratios) >= ROUNDS[0] and statistics.median(ratios) >= MIN_GAIN

    def _candidate(self, one: _Measured, best: _Measured) -> SpeedCandidate:
        return SpeedCandidate(
            layout=one.mode.layout,
            precision=one.mode.precision,
            seconds=one.median,
            deviation=one.deviation,
            verdict=self._verdict(one, best),
        )

    def _verdict(self, one: _Measured, best: _Measured) -> str:
        if one is best:
            return ""
        if not one.is_finite:
            return "rejected: its gradients are not finite"
        if not self._is_right(one):
            return f"rejected: its loss differs by {one.deviation:.1%}, more than {MAX_DEVIATION:.0%}"
        if one.mode not in self._modes:
            return "baseline"
        if one.is_left_out:
            return "skipped: measuring it would take too long"
        if one.median < best.median:
            return f"faster by less than {MIN_GAIN - 1:.0%}"
        return f"slower by {one.median / best.median - 1:.0%}"

    def _is_right(self, one: _Measured) -> bool:
        return one.is_finite and one.deviation <= MAX_DEVIATION

    def _step(self, one: _Measured) -> float:
        """The seconds of one forward and backward pass; every one draws the same random numbers."""
        work, model = self._work, self._work.model
        work.check()
        apply_layout(model, one.mode.layout)
        restore_generators(*self._generators)
        self._synchronize()
        begun = self._clock()
        with autocast(one.mode.precision, work.device):
            loss = work.recipe.loss(model, self._batch)
        torch.autograd.backward(loss * LOSS_SCALE if one.mode.precision == "float16" else loss)
        self._synchronize()
        seconds = self._clock() - begun
        one.loss = float(loss.detach())
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        one.is_finite = math.isfinite(one.loss) and bool(torch.isfinite(norm))
        model.zero_grad(set_to_none=True)
        return seconds

    def _collated(self, count: int) -> Batch:
        batch: Batch = self._work.recipe.collate(self._items[:count]).to(self._work.device)
        return batch

    def _synchronize(self) -> None:
        if self._work.device.type == "cuda":
            torch.cuda.synchronize(self._work.device)
