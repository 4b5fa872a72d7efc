"""What the validation rows decide when training is over, such as the temperature of probabilities."""

from studio.modeling.recipe import Target
from studio.modeling.scoring import score_table
from studio.runs.events import Phase
from studio.training.held_out_average import has_held_out_rows
from studio.training.loop import Trained
from studio.training.run_context import RunContext


def fitted_target(context: RunContext, trained: Trained) -> Target:
    """The target that goes into the bundle. Everything that predicts reads it there, hence fits and scores alike.

    Raises:
        StopRequested: in the middle, when the run was asked to stop.
    """
    recipe, rows = context.recipe, context.split.validation
    if not recipe.is_fitted_on_held_out:
        return recipe.target
    if not has_held_out_rows(context):
        context.reporter.log("warning", "There are no rows held out of training to fit temperature or thresholds on.")
        return recipe.target
    context.reporter.event(Phase(name="predicting", detail="validation rows, to fit on them"))
    is_mixed = context.settings.environment.mixed_precision_inference
    scored = score_table(
        recipe,
        trained.model.eval(),
        rows,
        context.media,
        device=context.device,
        precision=trained.mode.inference(context.device, is_mixed=is_mixed).precision,
        batch_size=trained.progress.batch_size,
        workers=context.workers,
        after_batch=context.after_batch,
    )
    target, words = recipe.fit_on_held_out(scored)
    context.reporter.log("info", words)
    return target
