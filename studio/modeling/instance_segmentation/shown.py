"""Instances as a page shows them: run lengths on a grid that is not finer than a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from studio.datasets.masks.run_lengths import runs_by_value, to_text
from studio.modeling.instance_segmentation.layers import painted
from studio.modeling.instance_segmentation.truth import InstanceSet
from studio.modeling.segmentation.shown_masks import LONGEST_SIDES
from studio.results.sample_view import Instance, InstanceAnnotation, Match

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

UNSEEN = "(unseen class)"


def instance_annotation(
    found: InstanceSet,
    labels: Sequence[str],
    *,
    with_scores: bool = False,
    matches: Sequence[Match | None] = (),
    ious: Sequence[float | None] = (),
) -> InstanceAnnotation:
    """Instances with what is known of each; on a grid coarser than the image some may vanish."""
    height, width = found.shape
    step = max(1, -(-max(height, width) // LONGEST_SIDES[2]))
    runs = found.runs if step == 1 else _thinned(found, step)
    count = len(found.runs)
    parts = zip(
        found.classes_N.tolist(), runs, found.scores_N.tolist(), matches or [None] * count, ious or [None] * count,
        strict=True,
    )  # fmt: skip
    return InstanceAnnotation(
        width=-(-width // step),
        height=-(-height // step),
        instances=tuple(
            Instance(
                label=labels[k] if k >= 0 else UNSEEN,
                runs=to_text(one),
                score=score if with_scores else None,
                match=match,
                iou=iou,
            )
            for k, one, score, match, iou in parts
            if len(one)
        ),
    )


def _thinned(found: InstanceSet, step: int) -> list[Runs]:
    """Runs of every so many pixels; of all objects at once, as each by itself would take long."""
    height, width = found.shape
    planes, places = painted(found.runs, height * width)
    thin = [runs_by_value(plane.reshape((height, width), order="F")[::step, ::step]) for plane in planes]
    nothing = np.zeros((0, 2), dtype=np.int64)
    return [thin[plane].get(number, nothing) for plane, number in places]
