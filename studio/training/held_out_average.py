"""Averages of weights, judged on rows that are held out of training: validation rows, never those of the test table."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from studio.files import fsync_file
from studio.training.evaluate import evaluate
from studio.training.failures.disk import writing
from studio.training.run_context import RunContext
from studio.training.training_state import TrainingState

Weights = Mapping[str, Tensor]


def has_held_out_rows(context: RunContext) -> bool:
    """Whether the validation rows can choose among weights: there are some, and training has not seen them."""
    return not context.settings.training.train_validation_data and not context.split.validation.empty


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """A copy in main memory."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def keep_weights(path: Path, model: nn.Module, what: str) -> None:
    """Write weights, whole or not at all, for a later attempt, too. `what` they are, is for messages about the disk."""
    weights = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    temporary = path.with_suffix(".tmp")
    with writing(what, path.parent, sum(one.numel() * one.element_size() for one in weights.values())):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        save_file(weights, temporary)
        fsync_file(temporary)
        temporary.rename(path)


def between(first: Weights, second: Weights, share: float) -> dict[str, Tensor]:
    """Weights on the line from the first to the second; whole numbers, such as counts, are the second's."""
    return {
        name: torch.lerp(first[name].float(), value.float(), share).to(value.dtype)
        if value.is_floating_point()
        else value
        for name, value in second.items()
    }


def held_out_metrics(state: TrainingState, weights: Weights) -> dict[str, float]:
    """Loss and metrics of the validation rows with these weights, which are in the model then.

    Raises:
        StopRequested: in the middle, when the run was asked to stop.
    """
    state.model.load_state_dict(dict(weights))
    context, rows = state.context, state.context.split.validation
    return evaluate(context, state.model, rows, state.progress.batch_size, state.inference_precision)


def take(state: TrainingState, weights: Weights, metrics: dict[str, float], *, of: int) -> None:
    """Make these weights, an average `of` several with these validation metrics, those of the run."""
    state.progress.averaged = of
    state.model.load_state_dict(dict(weights))
    state.metrics["validation"] = metrics
    state.note_best(metrics[state.context.metric.name])
