"""Predicted and true boxes, as insights compare them."""

from collections.abc import Iterator, Sequence

import numpy as np

from studio.modeling.boxes import pairwise_iou
from studio.modeling.detection.truth import TrueBoxes
from studio.modeling.objects.insights import Noun
from studio.modeling.objects.matching import ComparedImage
from studio.modeling.predictions import Raw

BOXES = Noun("box", "boxes")


def compared_boxes(truth: Sequence[TrueBoxes], raw: Sequence[Raw]) -> Iterator[ComparedImage]:
    """Image by image, so that no more than one table of overlaps is kept."""
    for true, found in zip(truth, raw, strict=True):
        yield ComparedImage(
            ious_NM=pairwise_iou(found["boxes"], true.corners),
            classes_N=found["classes"].astype(np.int64),
            scores_N=found["scores"],
            areas_N=(found["boxes"][:, 2:] - found["boxes"][:, :2]).prod(axis=1),
            true_classes_M=true.classes,
            true_areas_M=(true.corners[:, 2:] - true.corners[:, :2]).prod(axis=1),
        )
