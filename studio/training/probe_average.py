"""Never worse than the frozen model: weights between those of the linear probe and those of the training.

Training can lose what a pretrained encoder knows. Where the validation rows say so by more than noise, the weights go
back towards those of the probe, as far as these rows like best (WiSE-FT, Wortsman et al. 2022, arXiv:2109.01903).
"""

import math

from safetensors.torch import load_file
from torch import nn

from studio.modeling.intervals import Interval, difference_intervals
from studio.modeling.predictions import ScoredTable
from studio.modeling.scoring import score_table
from studio.runs.events import Phase
from studio.training.held_out_average import (
    Weights,
    between,
    has_held_out_rows,
    held_out_metrics,
    keep_weights,
    take,
    weights_of,
)
from studio.training.run_context import RunContext
from studio.training.training_state import TrainingState

SETTING = "training.average_with_probe"
SHARES = (0.75, 0.5, 0.25, 0.0)
"""Of the trained weights; the rest are those of the probe."""
SECONDS = 5.0
"""That resampling the validation rows may take."""


def wants_average(context: RunContext) -> bool:
    """Whether the weights of the probe will be asked for at the end."""
    return SETTING in context.settings.fields() and bool(context.settings.value(SETTING)) and has_held_out_rows(context)


def keep_probe(context: RunContext, model: nn.Module) -> None:
    """Write the weights before training, for the first process to find after it, also in a later attempt."""
    keep_weights(context.folder.probe, model, "the linear probe")


def average_with_probe(state: TrainingState) -> bool:
    """Where training ended below its probe by more than noise, put the better average into the model.

    False if the model is as it was: training is not worse, the rows are too few to say, or the best weights of the run
    are better than any average and are to be used.

    Raises:
        StopRequested: in the middle, when the run was asked to stop.
    """
    context, progress = state.context, state.progress
    ended = state.metrics.get("validation", {}).get(context.metric.name, math.nan)
    if not progress.is_probed or progress.probe_metric is None or not context.folder.probe.is_file():
        return False
    if not wants_average(context) or not context.metric.is_better(progress.probe_metric, ended):
        return False
    context.reporter.event(Phase(name="averaging weights", detail="validation is below that of the linear probe"))
    with context.reporter.heartbeat.stepping(False):
        return _average(state, ended, load_file(context.folder.probe))


def _average(state: TrainingState, ended: float, probe: Weights) -> bool:
    context, name, progress = state.context, state.context.metric.name, state.progress
    trained = weights_of(state.model)
    after = _scored(state)
    state.model.load_state_dict(dict(probe))
    interval = _difference(context, after, _scored(state))
    words = f"{name} ended at {ended:.4g} on the validation rows; its linear probe had {progress.probe_metric:.4g}"
    if interval is None or interval[0] <= 0 <= interval[1]:
        state.model.load_state_dict(trained)
        context.reporter.log("info", f"{words}. That may be chance: {_words(interval)}.")
        return False
    share, metrics = _best_share(state, probe, trained)
    is_chosen_by_validation = context.settings.training.save_best_checkpoint
    if is_chosen_by_validation and not context.metric.is_better(metrics[name], progress.best_metric):
        state.model.load_state_dict(trained)
        context.reporter.log("warning", f"{words}: {_words(interval)}.")
        return False
    take(state, between(probe, trained, share), metrics, of=2 if share else 1)
    context.reporter.log(
        "warning",
        f"{words}: {_words(interval)}. The model is the average of {share:.0%} of the trained weights and "
        f"{1 - share:.0%} of the probe's, with {name} {metrics[name]:.4g}.",
    )
    return True


def _best_share(state: TrainingState, probe: Weights, trained: Weights) -> tuple[float, dict[str, float]]:
    """The share of the trained weights that validation likes best, the larger one of equals; and its metrics."""
    found = {share: held_out_metrics(state, between(probe, trained, share)) for share in SHARES}
    best = SHARES[0]
    for share in SHARES[1:]:
        if state.context.metric.is_better(*(found[one][state.context.metric.name] for one in (share, best))):
            best = share
    return best, found[best]


def _scored(state: TrainingState) -> ScoredTable:
    context = state.context
    return score_table(
        context.recipe,
        state.model,
        context.split.validation,
        context.media,
        device=context.device,
        precision=state.inference_precision,
        batch_size=state.progress.batch_size,
        workers=context.workers,
        after_batch=context.after_batch,
    )


def _difference(context: RunContext, after: ScoredTable, before: ScoredTable) -> Interval | None:
    """The interval of the metric after training less that of the probe."""
    pair = [context.recipe.row_statistics(one) for one in (after, before)]
    if pair[0] is None or pair[1] is None:
        return None
    found = difference_intervals(pair[0], pair[1], seed=context.seed, seconds=SECONDS)
    return found.get(context.metric.name)


def _words(interval: Interval | None) -> str:
    if interval is None:
        return "the rows are too few for an interval"
    return f"95 % interval of the difference {interval[0]:+.4g} to {interval[1]:+.4g}"
