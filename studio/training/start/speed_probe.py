"""Speed probe: which memory layout and precision this model trains fastest in on this device, by trying them.

The same real batch goes forward and backward in every mode in turn, round after round, so that a busy neighbour slows
all alike; medians decide. On processors the winner differs from model to model: bfloat16 with channels last doubles
some, and slows those of depthwise convolutions.
"""

import math
import statistics
import time
from collections.abc import Callable, Sequence
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
BUDGET_SECONDS = 2.0
BUDGET_SHARE = 0.03
SHORT_RUN_SHARE = 0.08
MOST_SECONDS = 30.0
"""Also of the longest run: whoever waits for the first point waits no longer."""
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


@dataclass(frozen=True)
class Work:
    """What is to be timed: the first batch of the training, and how many there will be."""

    recipe: Recipe[Any]
    model: nn.Module
    samples: Samples
    order: TrainingOrder
    device: torch.device
    batches: int
    check: Callable[[], None] = lambda: None
    """Called before every step; raises if the run is to stop."""


@dataclass
class _Measured:
    """What was seen of one mode."""

    mode: ComputeMode
    seconds: list[float] = field(default_factory=list)
    loss: float = math.nan
    is_finite: bool = True
    deviation: float = 0.0

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


def choose_mode(work: Work, modes: Sequence[ComputeMode], clock: Callable[[], float] = time.perf_counter) -> Choice:
    """The fastest of the modes that computes rightly; leaves the model and all generators as they were.

    The model's layout is for the caller to set.
    """
    if len(modes) == 1:
        return Choice(modes[0], f"Computing with {modes[0].describe()}, as the settings say.")
    if work.batches < MIN_BATCHES:
        return Choice(modes[0], f"Nothing was measured: the run has only {work.batches} batches.")
    with untouched(work.model):
        work.model.train()
        return _Probe(work, modes, clock).choice()


class _Probe:
    """One measurement."""

    def __init__(self, work: Work, modes: Sequence[ComputeMode], clock: Callable[[], float]) -> None:
        self._work = work
        self._clock = clock
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
        """Warm up, look whether it is worth it, measure, choose."""
        begun = self._clock()
        self._step(self._default)
        seconds = self._step(self._default)
        expected = seconds * self._work.batches
        if expected < MIN_RUN_SECONDS:
            return Choice(
                self._default.mode, f"Nothing was measured: training takes only about {max(1, round(expected))} s."
            )
        budget = max(BUDGET_SHARE * expected, min(BUDGET_SECONDS, SHORT_RUN_SHARE * expected))
        budget = min(budget, MOST_SECONDS)
        self._shrink(seconds, budget)
        self._measure(begun + budget)
        return self._chosen()

    def _shrink(self, seconds: float, budget: float) -> None:
        """A smaller batch where the steps would take too long; on a processor the order of modes stays the same."""
        needed = seconds * len(self._all) * (1 + ROUNDS[0])
        if needed > budget and self._work.device.type == "cpu":
            count = len(self._items)
            self._batch = self._collated(math.ceil(count * max(SMALLEST_PART, budget / needed)))

    def _measure(self, deadline: float) -> None:
        first = {one.mode: self._step(one) for one in self._all}
        for one in self._all:
            one.deviation = self._deviation(one)
        for round_number in range(ROUNDS[1]):
            if round_number >= ROUNDS[0] and self._clock() >= deadline:
                break
            best = min((one.shortest for one in self._all if self._is_right(one)), default=math.inf)
            for one in self._all:
                # Twice slow, so that one moment of a busy neighbour throws nobody out.
                is_hopeless = len(one.seconds) > 1 and one.shortest > HOPELESS * best and one.mode != self._reference
                if not is_hopeless and (self._is_right(one) or one.mode == self._reference):
                    one.seconds.append(self._step(one))
        for one in self._all:
            one.seconds = one.seconds or [first[one.mode]]

    def _deviation(self, one: _Measured) -> float:
        """Of the loss from that in 32 bits and the same layout: another layout draws other random numbers."""
        twin = next((it for it in self._all if it.mode == ComputeMode(one.mode.layout, "float32")), one)
        return abs(one.loss - twin.loss) / max(abs(twin.loss), SMALLEST_LOSS)

    def _chosen(self) -> Choice:
        rivals = [one for one in self._all if one.mode in self._modes and self._is_right(one)]
        best = min(rivals, key=lambda one: one.median, default=self._default)
        if best is not self._default and self._is_right(self._default) and not self._wins(best):
            best = self._default
        reference = next(one for one in self._all if one.mode == self._reference)
        gain = reference.median / best.median
        words = best.mode.describe()
        reason = f"Computing with {words}: {gain:.2f} times as fast as {self._reference.describe()} (measured)."
        if gain < MIN_GAIN:
            reason = f"Computing with {words}: no other way is clearly faster (measured)."
        return Choice(best.mode, reason, gain, tuple(self._candidate(one, best) for one in self._all))

    def _wins(self, one: _Measured) -> bool:
        """Whether it is clearly faster than the default, and was in almost every round."""
        pairs = list(zip(one.seconds, self._default.seconds, strict=False))
        rounds_won = sum(mine < default for mine, default in pairs)
        return self._default.median >= MIN_GAIN * one.median and rounds_won >= 0.8 * len(pairs)

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
            return "refused: its gradients are not finite"
        if not self._is_right(one):
            return f"refused: its loss lies {one.deviation:.1%} off, more than {MAX_DEVIATION:.0%}"
        if one.mode not in self._modes:
            return "for comparison"
        if one.median < best.median:
            return f"faster by less than {MIN_GAIN - 1:.0%}, or not every time"
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
