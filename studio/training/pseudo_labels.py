"""Pseudo labels: train, label the unlabeled rows where the model is sure, and train again from the start on both.

Lee 2013; the threshold of what is sure is the recipe's. The labeled rows are kept in the run's folder, so that a
resumed run goes on in the stage where it was stopped.
"""

from dataclasses import replace
from typing import Any

import pandas as pd

from studio.files import write_atomic
from studio.modeling.scoring import score_table
from studio.runs.events import Phase
from studio.training.loop import Trained, train
from studio.training.progress import Stage
from studio.training.run_context import RunContext
from studio.training.start.resume import step_to_resume

FILE = "pseudo_labels.parquet"
MAX_CLASSES = 50


def train_stages(context: RunContext) -> tuple[RunContext, Trained]:
    """Train once, or with unlabeled rows twice; gives the context of the last stage and its outcome.

    Raises:
        StudioError: as `train`.
    """
    unlabeled = context.split.unlabeled
    if unlabeled is None:
        return context, train(context)
    context = replace(context, stage=Stage(1, 2))
    kept = _kept_before(context)
    if kept is not None:
        step = step_to_resume(context.folder) or 0
        second = _second_stage(context, kept, step)
        return second, train(second)
    trained = train(context)
    if context.process_group.is_first:
        _label(context, trained, unlabeled)
    context.process_group.from_first(None)
    kept = pd.read_parquet(context.folder.path / FILE)
    if kept.empty:
        return context, trained
    second = replace(_second_stage(context, kept, trained.progress.step), mode=trained.mode)
    return second, train(second)


def _kept_before(context: RunContext) -> pd.DataFrame | None:
    """The pseudo labels of an earlier attempt, if this one resumes it and there are any."""
    path = context.folder.path / FILE
    if not context.spec.resume or not path.is_file():
        return None
    kept = pd.read_parquet(path)
    return None if kept.empty else kept


def _second_stage(context: RunContext, kept: pd.DataFrame, first_step: int) -> RunContext:
    columns = [column for column in context.split.train.columns if column in kept.columns]
    both = pd.concat([context.split.train, kept[columns]], ignore_index=True)
    return replace(context, split=replace(context.split, train=both), stage=Stage(2, 2, first_step))


def _label(context: RunContext, trained: Trained, unlabeled: pd.DataFrame) -> None:
    """Predict the unlabeled rows, keep those that the model is sure of, and tell."""
    context.reporter.event(Phase(name="labeling", detail=f"{len(unlabeled)} unlabeled rows"))

    def after_batch(rows: int) -> None:
        context.stop.check()
        context.reporter.nudge()

    precision = trained.mode.inference(context.device, is_mixed=context.settings.environment.mixed_precision_inference)
    scored = score_table(
        context.recipe,
        trained.model,
        unlabeled.reset_index(drop=True),
        context.media,
        device=context.device,
        precision=precision.precision,
        batch_size=trained.progress.batch_size,
        workers=context.workers,
        after_batch=after_batch,
    )
    kept = context.recipe.pseudo_labels(scored).reset_index(drop=True)
    write_atomic(context.folder.path / FILE, kept.to_parquet(index=False))
    if kept.empty:
        context.reporter.log(
            "warning",
            f"The model is confident about none of {len(unlabeled)} unlabeled rows; there is no second training.",
        )
        return
    counts = label_counts(kept, context.recipe.target.labels)
    shown = ", ".join(f"{label} ({count})" for label, count in list(counts.items())[:MAX_CLASSES])
    by_class = f" By class: {shown}." if shown else ""
    context.reporter.log("info", f"Pseudo labels: {len(kept)} of {len(unlabeled)} unlabeled rows are kept.{by_class}")


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
