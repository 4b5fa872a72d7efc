"""Pseudo labels: train, label the unlabeled rows where the model is sure, and train again from the start on both.

Lee 2013; the threshold of what is sure is the recipe's. The labeled rows are kept in the run's folder, so that a
resumed run goes on in the round where it was stopped.
"""

from dataclasses import replace
from typing import Any

import pandas as pd

from studio.files import write_atomic
from studio.modeling.scoring import score_table
from studio.runs.events import Phase
from studio.training.loop import Trained, train
from studio.training.progress import Round
from studio.training.run_context import Job
from studio.training.start.resume import step_to_resume

FILE = "pseudo_labels.parquet"
MAX_CLASSES = 50


def train_rounds(job: Job) -> tuple[Job, Trained]:
    """Train once, or with unlabeled rows twice; gives the job of the last round and its outcome.

    Raises:
        StudioError: as `train`.
    """
    unlabeled = job.split.unlabeled
    if unlabeled is None:
        return job, train(job)
    job = replace(job, round=Round(1, 2))
    kept = _kept_before(job)
    if kept is not None:
        step = step_to_resume(job.folder) or 0
        second = _second_round(job, kept, step)
        return second, train(second)
    trained = train(job)
    if job.team.is_first:
        _label(job, trained, unlabeled)
    job.team.from_first(None)
    kept = pd.read_parquet(job.folder.path / FILE)
    if kept.empty:
        return job, trained
    second = replace(_second_round(job, kept, trained.progress.step), mode=trained.mode)
    return second, train(second)


def _kept_before(job: Job) -> pd.DataFrame | None:
    """The pseudo labels of an earlier attempt, if this one resumes it and there are any."""
    path = job.folder.path / FILE
    if not job.spec.resume or not path.is_file():
        return None
    kept = pd.read_parquet(path)
    return None if kept.empty else kept


def _second_round(job: Job, kept: pd.DataFrame, first_step: int) -> Job:
    columns = [column for column in job.split.train.columns if column in kept.columns]
    both = pd.concat([job.split.train, kept[columns]], ignore_index=True)
    return replace(job, split=replace(job.split, train=both), round=Round(2, 2, first_step))


def _label(job: Job, trained: Trained, unlabeled: pd.DataFrame) -> None:
    """Predict the unlabeled rows, keep those that the model is sure of, and tell."""
    job.reporter.event(Phase(name="labeling", detail=f"{len(unlabeled)} unlabeled rows"))

    def after_batch(rows: int) -> None:
        job.stop.check()
        job.reporter.nudge()

    precision = trained.mode.inference(job.device, is_mixed=job.settings.environment.mixed_precision_inference)
    scored = score_table(
        job.recipe,
        trained.model,
        unlabeled.reset_index(drop=True),
        job.media,
        device=job.device,
        precision=precision.precision,
        batch_size=trained.progress.batch_size,
        workers=job.workers,
        after_batch=after_batch,
    )
    kept = job.recipe.pseudo_labels(scored).reset_index(drop=True)
    write_atomic(job.folder.path / FILE, kept.to_parquet(index=False))
    if kept.empty:
        job.reporter.log(
            "warning",
            f"The model is confident about none of {len(unlabeled)} unlabeled rows; there is no second round.",
        )
        return
    counts = label_counts(kept, job.recipe.target.labels)
    shown = ", ".join(f"{label} ({count})" for label, count in list(counts.items())[:MAX_CLASSES])
    by_class = f" By class: {shown}." if shown else ""
    job.reporter.log("info", f"Pseudo labels: {len(kept)} of {len(unlabeled)} unlabeled rows are kept.{by_class}")


def label_counts(kept: pd.DataFrame, labels: tuple[str, ...]) -> dict[str, int]:
    """How often each label was given: as a class, in a list, or as the 1 in a column of its own.

    Columns of numbers are no classes and have no count.
    """
    from studio.datasets.labels.labels import label_text

    counts = dict.fromkeys(labels, 0)
    for column in kept.columns:
        if column in counts:
            if kept[column].isin((0, 1)).all():
                counts[column] += int((kept[column] == 1).sum())
            else:
                del counts[column]
            continue
        values: pd.Series[Any] = kept[column].explode()
        found = [label_text(value) for value in values if not pd.isna(value)]
        for value in found if set(found) <= counts.keys() else ():
            counts[value] += 1
    return counts
