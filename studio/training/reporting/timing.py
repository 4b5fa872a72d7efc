"""What is told about where the time goes: the breakdown every few seconds, and a hint when the model waits for data."""

from studio.training.failures.input_sizes import smaller_inputs
from studio.training.reporting.stopwatch import waiting_share
from studio.training.run_context import RunContext, threads_of
from studio.training.training_state import TrainingState

WAITING_SHARE = 0.3
"""Above it a line of the log says what to change."""
HINT_UPDATES = 50
"""Fewer say nothing: data workers have only begun."""


def report_timings(state: TrainingState, *, is_last: bool = False) -> None:
    """Tell the breakdown if it is time to, and at the end the hint."""
    context = state.context
    if not context.process_group.is_first or not (is_last or context.watch.is_report_due()):
        return
    timings = context.watch.timings(state.progress.update - state.checkpoints.first_update, state.progress.step)
    context.reporter.event(timings)
    share = waiting_share(timings.seconds)
    if is_last and share > WAITING_SHARE and timings.updates >= HINT_UPDATES:
        context.reporter.log(
            "info", f"{share:.0%} of the training time was spent waiting for data. {_what_to_change(context)}"
        )


def _what_to_change(context: RunContext) -> str:
    environment = context.settings.environment
    cores = threads_of(context.spec)
    if getattr(environment, "cache_inputs", "") == "Off":
        return "Set Cache inputs to Automatic."
    if environment.number_of_workers < cores - 1:
        return f"Raise Number of workers to {cores - 1}."
    smaller = smaller_inputs(context.spec)
    return f"Give the run more cores, or {smaller}: loading inputs takes longer than training on them."
