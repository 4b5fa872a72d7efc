"""Inference only: a run that trains nothing and predicts test rows with the model of another run."""

from safetensors.torch import load_file

from studio.errors import WeightsError
from studio.modeling.compute_mode import ComputeMode
from studio.modeling.seeds import seed_everything
from studio.runs.events import Phase
from studio.training.loop import Trained
from studio.training.progress import Progress
from studio.training.run_context import RunContext
from studio.training.start.speed_probe import allowed_modes


def untrained(context: RunContext) -> Trained:
    """The model of the start weights, or a pretrained one as it is, as if this run had trained it.

    Raises:
        WeightsError: if the settings make another model than the one that was trained.
    """
    context.reporter.event(Phase(name="loading the model"))
    seed_everything(context.seed)
    if context.start is None:
        return _pretrained(context)
    manifest = context.start.manifest
    model = context.recipe.model(None)
    tensors = load_file(context.start.weights)
    own = model.state_dict()
    differing = [name for name in own.keys() | tensors.keys() if _shape(own, name) != _shape(tensors, name)]
    if differing:
        raise WeightsError(
            f"These settings define a different model than the trained one: {sorted(differing)[0]} differs.",
            hint="Keep the architecture and image settings of the experiment whose weights are used.",
            code="start_weights",
        )
    model.load_state_dict(tensors)
    context.reporter.log("info", "Nothing is trained: the test rows are predicted with the model of another run.")
    progress = Progress(step=manifest.step, epoch=int(manifest.epoch))
    return Trained(model.to(context.device), progress, {}, ComputeMode.from_json(manifest.compute_mode))


def _pretrained(context: RunContext) -> Trained:
    """A published model that answers without any training here."""
    name = context.recipe.weights_name()
    if name is None:
        raise WeightsError(
            "Nothing is trained, and the model has random weights, so its predictions would be meaningless.",
            hint="Switch Pretrained on and choose a backbone that is fine-tuned for the task, or choose a train "
            "dataframe.",
            code="no_model",
        )
    weights = context.recipe.find_weights(name)
    context.reporter.log("info", weights.describe())
    context.reporter.log("info", "Nothing is trained: the test rows are predicted with the pretrained model.")
    mode = allowed_modes(context.settings.environment, context.device)[0]
    return Trained(context.recipe.model(weights).to(context.device), Progress(), {}, mode)


def _shape(tensors: dict[str, object], name: str) -> object:
    return getattr(tensors.get(name), "shape", None)
