"""What follows training: the bundle, predictions by the one predictor, and the packed pipeline."""

import math

import pandas as pd

from studio.modeling.checkpoint import CheckpointStore, versions
from studio.modeling.recipe import Media, Split, Target
from studio.runs.events import CheckpointSaved, Finished, Phase
from studio.scoring.bundle import BundleManifest, write_bundle
from studio.scoring.golden import write_golden
from studio.scoring.pack import GOLDEN, pack
from studio.scoring.predictor import Predictor
from studio.training.failures.disk import writing
from studio.training.greedy_soup import drop_ingredients
from studio.training.held_out_fit import fitted_target
from studio.training.loop import TRAINING_SHARE, Trained
from studio.training.outputs.results import write_results
from studio.training.run_context import RunContext


def finish(context: RunContext, trained: Trained) -> Finished:
    """Write everything a finished run has; gives the event that says so."""
    target = fitted_target(context, trained)
    tensors = trained.model.state_dict()
    with writing("the model", context.folder.path, sum(one.numel() * one.element_size() for one in tensors.values())):
        write_bundle(context.folder.bundle, tensors, _manifest(context, trained, target), context.recipe.assets)
    predictor = Predictor.load(context.folder.bundle, context.device)
    metrics = {name: dict(values) for name, values in trained.metrics.items() if name == "train"}
    if not context.split.validation.empty:
        metrics["validation"] = _predict(context, predictor, context.split.validation, context.media, "validation")
    if context.split.test is not None:
        metrics["test"] = _predict(context, predictor, context.split.test, context.test_media, "test")
    metrics = {name: values for name, values in metrics.items() if values}
    if context.settings.training.build_scoring_pipelines:
        context.reporter.event(Phase(name="packing", detail="scoring pipeline"))
        with writing("the scoring pipeline", context.folder.path):
            pack(context.folder.path)
    return Finished(metrics=metrics, best=_best(trained, context.metric.name, metrics.get("validation", {})))


def tell_finished(context: RunContext, finished: Finished) -> None:
    """Tell that the run is finished; then drop what nothing but a further attempt would read.

    That is the weights before training, and the optimizer's states, which are two thirds of a checkpoint under AdamW. A
    run that dies before its end is on record keeps them.
    """
    reporter = context.reporter
    slim = CheckpointStore(context.folder.checkpoints).slim()
    for one in slim:
        reporter.event(
            CheckpointSaved(
                name=one.path.name,
                step=int(one.manifest["step"]),
                epoch=float(one.manifest["epoch"]),
                is_best=one.is_best,
                metric=finished.best.get("metric", math.nan) if one.is_best else math.nan,
                size_bytes=one.size_bytes,
            )
        )
    reporter.progress(1.0)
    reporter.sync()
    reporter.event(finished)
    reporter.sync()
    context.folder.probe.unlink(missing_ok=True)
    drop_ingredients(context)
    for one in slim:
        one.drop_optimizer()


def _predict(
    context: RunContext, predictor: Predictor, table: pd.DataFrame, media: Media, split: Split
) -> dict[str, float]:
    """Predict a table of the dataset and write what comes out; gives loss and metrics."""
    context.reporter.event(Phase(name="predicting", detail=f"{split} rows"))
    scored = predictor.predict(table, media, workers=context.workers, after_batch=context.after_batch)
    context.reporter.progress(
        TRAINING_SHARE + (0.02 if split == "validation" else 0.04), detail=f"predicting {split} rows"
    )
    if split == "validation" or context.split.is_inference_only:
        write_golden(context.folder.path / GOLDEN, predictor, scored, media)
    values = write_results(
        context.folder, context.reporter, predictor.recipe, media, scored, split, predictor.attributions
    )
    if not values:
        context.reporter.log("info", f"The {split} rows have no labels, so they are predicted without metrics.")
    return values


def _manifest(context: RunContext, trained: Trained, target: Target) -> BundleManifest:
    found = trained.metrics.get("validation", {})
    return BundleManifest(
        problem_type=context.spec.problem_type,
        model_type=context.spec.model_type,
        settings=context.settings.nested(),
        target=target.to_json(),
        metrics={name: value if math.isfinite(value) else None for name, value in found.items()},
        step=trained.progress.step,
        epoch=float(trained.progress.epoch),
        dataset_fingerprint=context.dataset.manifest.fingerprint,
        compute_mode=trained.mode.to_json(),
        versions=versions(),
    )


def _best(trained: Trained, metric: str, validation: dict[str, float]) -> dict[str, float]:
    progress = trained.progress
    if progress.best_metric is None and not validation:
        return {}
    if progress.best_metric is None:
        return {"metric": validation.get(metric, math.nan)}
    averaged = {"averaged": float(progress.averaged)} if progress.averaged > 1 else {}
    return {
        "metric": progress.best_metric,
        "epoch": progress.best_epoch or 0.0,
        "step": float(progress.best_step or 0),
        **averaged,
    }
