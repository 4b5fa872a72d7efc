"""What follows training: the bundle, predictions by the one predictor, insights, and the packed pipeline."""

import math

import pandas as pd

from studio.modeling.checkpoint import versions
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Split
from studio.runs.events import Finished, Phase, PredictionsWritten
from studio.scoring.bundle import BundleManifest, write_bundle

from studio.scoring.predictor import Predictor
from studio.scoring.tables import write_predictions
from studio.training.insights import sample_insights, write_insight
from studio.training.job import Job
from studio.training.loop import TRAINING_SHARE, Trained


def finish(job: Job, trained: Trained) -> Finished:
    """Write everything a finished run has; gives the event that says so."""
    write_bundle(job.folder.bundle, trained.model.state_dict(), _manifest(job, trained))
    predictor = Predictor.load(job.folder.bundle, job.device)
    metrics = {name: dict(values) for name, values in trained.metrics.items() if name == "train"}
    metrics["validation"] = predict_split(job, predictor, job.split.validation, "validation")
    if job.split.test is not None:
        metrics["test"] = predict_split(job, predictor, job.split.test, "test")
    if job.settings.training.build_scoring_pipelines:
        job.reporter.event(Phase(name="packing", detail="scoring pipeline"))
        from studio.scoring.pack import pack

        pack(job.folder.path)
    return Finished(metrics=metrics, best=_best(trained, job.metric.name, metrics["validation"]))


def predict_split(job: Job, predictor: Predictor, table: pd.DataFrame, split: Split) -> dict[str, float]:
    """Predict a table of the dataset, write predictions and insights; gives loss and metrics."""
    job.reporter.event(Phase(name="predicting", detail=f"{split} rows"))
    scored = predictor.predict(table, job.media, workers=job.workers, after_batch=lambda rows: job.stop.check())
    job.reporter.progress(TRAINING_SHARE + (0.02 if split == "validation" else 0.04), detail=f"predicting {split} rows")
    values = write_split(job, predictor, scored, split)
    if not values:
        job.reporter.log("info", f"The {split} rows have no labels, so they are predicted and not scored.")
    return values


def write_split(job: Job, predictor: Predictor, scored: ScoredTable, split: Split) -> dict[str, float]:
    """Write what was predicted for a split; gives loss and metrics, nothing without truth."""
    recipe = predictor.recipe
    metrics = recipe.metrics(scored)
    rows = list(recipe.sample_rows(scored, job.media))
    summary = write_predictions(job.folder.path, split, recipe, scored, rows, metrics)
    count = int(job.settings.logging.number_of_images) if hasattr(job.settings.logging, "number_of_images") else 8
    for insight in sample_insights(rows, scored, split, count, recipe.confidence_start()):
        write_insight(job.folder, job.reporter, insight)
    for insight in recipe.insights(scored, split):
        write_insight(job.folder, job.reporter, insight)
    job.reporter.event(PredictionsWritten(summary=summary))
    return {"loss": scored.mean_loss(), **metrics} if metrics else {}


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
        versions=versions(),
    )


def _best(trained: Trained, metric: str, validation: dict[str, float]) -> dict[str, float]:
    progress = trained.progress
    if progress.best_metric is None:
        return {"metric": validation.get(metric, math.nan)}
    return {
        "metric": progress.best_metric,
        "epoch": progress.best_epoch or 0.0,
        "step": float(progress.best_step or 0),
    }
