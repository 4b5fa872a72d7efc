"""What follows training: the bundle, predictions by the one predictor, and the packed pipeline."""

import math

import pandas as pd

from studio.modeling.checkpoint import versions
from studio.modeling.recipe import Media, Split
from studio.runs.events import Finished, Phase
from studio.scoring.bundle import BundleManifest, write_bundle
from studio.scoring.golden import write_golden
from studio.scoring.pack import GOLDEN, pack
from studio.scoring.predictor import Predictor
from studio.training.failures.disk import writing
from studio.training.loop import TRAINING_SHARE, Trained
from studio.training.outputs.results import write_results
from studio.training.run_context import Job


def finish(job: Job, trained: Trained) -> Finished:
    """Write everything a finished run has; gives the event that says so."""
    tensors = trained.model.state_dict()
    with writing("the model", job.folder.path, sum(one.numel() * one.element_size() for one in tensors.values())):
        write_bundle(job.folder.bundle, tensors, _manifest(job, trained), job.recipe.assets)
    predictor = Predictor.load(job.folder.bundle, job.device)
    metrics = {name: dict(values) for name, values in trained.metrics.items() if name == "train"}
    if not job.split.validation.empty:
        metrics["validation"] = _predict(job, predictor, job.split.validation, job.media, "validation")
    if job.split.test is not None:
        metrics["test"] = _predict(job, predictor, job.split.test, job.test_media, "test")
    metrics = {name: values for name, values in metrics.items() if values}
    if job.settings.training.build_scoring_pipelines:
        job.reporter.event(Phase(name="packing", detail="scoring pipeline"))
        with writing("the scoring pipeline", job.folder.path):
            pack(job.folder.path)
    return Finished(metrics=metrics, best=_best(trained, job.metric.name, metrics.get("validation", {})))


def _predict(job: Job, predictor: Predictor, table: pd.DataFrame, media: Media, split: Split) -> dict[str, float]:
    """Predict a table of the dataset and write what comes out; gives loss and metrics."""
    job.reporter.event(Phase(name="predicting", detail=f"{split} rows"))
    scored = predictor.predict(table, media, workers=job.workers, after_batch=job.after_batch)
    job.reporter.progress(TRAINING_SHARE + (0.02 if split == "validation" else 0.04), detail=f"predicting {split} rows")
    if split == "validation" or job.split.is_inference_only:
        write_golden(job.folder.path / GOLDEN, predictor, scored, media)
    values = write_results(job.folder, job.reporter, predictor.recipe, media, scored, split, predictor.attributions)
    if not values:
        job.reporter.log("info", f"The {split} rows have no labels, so they are predicted without metrics.")
    return values


def _manifest(job: Job, trained: Trained) -> BundleManifest:
    found = trained.metrics.get("validation", {})
    return BundleManifest(
        problem_type=job.spec.problem_type,
        model_type=job.spec.model_type,
        settings=job.settings.nested(),
        target=job.recipe.target.to_json(),
        metrics={name: value if math.isfinite(value) else None for name, value in found.items()},
        step=trained.progress.step,
        epoch=float(trained.progress.epoch),
        dataset_fingerprint=job.dataset.manifest.fingerprint,
        compute_mode=trained.mode.to_json(),
        versions=versions(),
    )


def _best(trained: Trained, metric: str, validation: dict[str, float]) -> dict[str, float]:
    progress = trained.progress
    if progress.best_metric is None and not validation:
        return {}
    if progress.best_metric is None:
        return {"metric": validation.get(metric, math.nan)}
    return {
        "metric": progress.best_metric,
        "epoch": progress.best_epoch or 0.0,
        "step": float(progress.best_step or 0),
    }
