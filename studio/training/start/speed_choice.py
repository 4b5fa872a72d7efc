"""How a run comes to its mode: as before, as set, as remembered from a run like it, or as it measures.

A measurement waits until the first updates are done, so that the first point of the charts comes at once; until then
the run computes in the default mode. What was chosen after which update is told in the run's events, and another
attempt that begins before that update does the same.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio.modeling.checkpoint import CheckpointState
from studio.modeling.compute_mode import ComputeMode
from studio.runs.events import Phase, SpeedChosen, read_events
from studio.runs.folder import RunFolder
from studio.training.run_context import RunContext
from studio.training.start.speed_memory import SpeedMemory, speed_key
from studio.training.start.speed_probe import (
    Choice,
    ProbeInputs,
    allowed_modes,
    choose_mode,
    too_short,
    without_measuring,
)

UPDATES_BEFORE = 3
"""Updates of a run before it measures."""


@dataclass(frozen=True)
class Trial:
    """A choice that is made once the first updates are done: by measuring, or as an earlier attempt made it."""

    work: ProbeInputs
    modes: tuple[ComputeMode, ...]
    key: str
    told: Choice | None = None

    def choose(self, context: RunContext) -> Choice:
        """The choice; a measurement is remembered for other runs.

        Raises:
            StopRequested: if the run was asked to stop.
        """
        if self.told is not None:
            return self.told
        choice = choose_mode(replace(self.work, is_warm=True), self.modes)
        SpeedMemory.of(os.environ).keep(self.key, choice, self.modes[0])
        return choice


def first_mode(
    context: RunContext, work: ProbeInputs, saved: CheckpointState | None, update: int
) -> tuple[ComputeMode, Trial | None]:
    """The mode to begin in at an update, and the choice that is still to be made.

    Several processes choose before their first update: they cannot change their mode while they average gradients.
    """
    modes = allowed_modes(context.settings.environment, context.device)
    told = _told_choice(context.folder) if context.spec.resume else None
    if saved is not None:
        mode = ComputeMode.from_json(saved.rest.get("mode", {}))
        trial = _trial_after_resume(context, work, modes, told, update)
        if trial is None:
            tell_choice(context, Choice(mode, f"Computing with {mode.describe()}, as before the stop."))
        return mode, trial
    if context.mode is not None:
        tell_choice(context, Choice(context.mode, f"Computing with {context.mode.describe()}, as in the stage before."))
        return context.mode, None
    if context.process_group.size > 1:
        return _mode_of_team(context, work, modes), None
    if told is not None:
        choice, updates_before = told
        if not updates_before or context.stage.number > 1:
            tell_choice(context, choice)
            return choice.mode, None
        return modes[0], _trial(context, work, modes, choice)
    choice_now = without_measuring(work.batches, modes) or _remembered(context, work, modes)
    if choice_now is None:
        return modes[0], _trial(context, work, modes, None)
    tell_choice(context, choice_now)
    return choice_now.mode, None


def tell_choice(context: RunContext, choice: Choice, updates_before: int = 0) -> None:
    """Log how the run computes, and tell the page."""
    context.reporter.log("info", choice.reason)
    if choice.candidates and context.spec.seed >= 0:
        context.reporter.log(
            "info",
            "On a busy machine the choice may differ: set Memory layout and Precision to reproduce this run exactly.",
        )
    context.reporter.event(
        SpeedChosen(
            layout=choice.mode.layout,
            precision=choice.mode.precision,
            gain=choice.gain,
            reason=choice.reason,
            candidates=choice.candidates,
            updates_before=updates_before,
        )
    )


def _trial(context: RunContext, work: ProbeInputs, modes: Sequence[ComputeMode], told: Choice | None) -> Trial:
    return Trial(work, tuple(modes), speed_key(context, work.model, _batch_size(work), modes), told)


def _trial_after_resume(
    context: RunContext, work: ProbeInputs, modes: Sequence[ComputeMode], told: tuple[Choice, int] | None, update: int
) -> Trial | None:
    """What an attempt that stopped within the first updates had left to do, or did after its last checkpoint."""
    if update >= UPDATES_BEFORE or context.process_group.size > 1 or context.mode is not None:
        return None
    if told is not None:
        choice, updates_before = told
        return _trial(context, work, modes, choice) if updates_before > update else None
    is_decided = without_measuring(work.batches, modes) is not None
    return None if is_decided else _trial(context, work, modes, None)


def _mode_of_team(context: RunContext, work: ProbeInputs, modes: Sequence[ComputeMode]) -> ComputeMode:
    """As the first of several processes measures it."""
    mode = modes[0]
    if context.process_group.is_first:
        context.reporter.event(Phase(name="measuring speed"))
        choice = choose_mode(work, modes)
        mode = choice.mode
        tell_choice(context, choice)
    return ComputeMode.from_json(context.process_group.from_first(mode.to_json()))


def _remembered(context: RunContext, work: ProbeInputs, modes: Sequence[ComputeMode]) -> Choice | None:
    """What an earlier run like this one has measured."""
    memory = SpeedMemory.of(os.environ)
    key = speed_key(context, work.model, _batch_size(work), modes)
    found = memory.find(key, modes)
    if found is None:
        return None
    short = too_short(modes[0], found.seconds * work.batches)
    if short is not None:
        return short
    mode = found.mode
    words = f"Computing with {mode.describe()}, as measured in an earlier run like this one."
    return Choice(mode, words, found.gain, found.candidates)


def _told_choice(folder: RunFolder) -> tuple[Choice, int] | None:
    """The first choice that an earlier attempt told of, and after how many updates it was made."""
    if not folder.events.exists():
        return None
    events = (event for event, _ in read_events(folder.events, limit=sys.maxsize))
    found = next((event for event in events if isinstance(event, SpeedChosen)), None)
    if found is None:
        return None
    mode = ComputeMode.from_json(found.model_dump())
    reason = f"Computing with {mode.describe()}, as in the attempt before."
    return Choice(mode, reason, found.gain, found.candidates), found.updates_before


def _batch_size(work: ProbeInputs) -> int:
    start, stop = work.order.bounds[0]
    return stop - start
