"""SizeCounts: true positives, false negatives and false positives by the size of objects, and how well they overlap."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.modeling.objects.matching import ComparedImage, Matching
from studio.results.detection import MATCHES_BY_SIZE
from studio.results.insight import Insight, Table

SIZES = ("Small, below 32 x 32 px", "Medium, up to 96 x 96 px", "Large")
"""As COCO has them, in pixels of the file."""
AREAS = (32.0**2, 96.0**2)
IOU_EDGES = (0.75, 0.9)
"""Between fair, good and very good overlap."""


class SizeCounts:
    """Counts over images; false positives by their own size, the others by that of the true object."""

    def __init__(self) -> None:
        self.true: NDArray[np.int64] = np.zeros(len(SIZES), dtype=np.int64)
        self.matched: NDArray[np.int64] = np.zeros((len(SIZES), len(IOU_EDGES) + 1), dtype=np.int64)
        """True positives by size and IoU."""
        self.false_positives: NDArray[np.int64] = np.zeros(len(SIZES), dtype=np.int64)

    def add(self, image: ComparedImage, matching: Matching) -> None:
        """One more image; true objects of unseen classes are not counted."""
        sizes_M = np.digitize(image.true_areas_M, AREAS)
        partners = np.array([-1 if one is None else one for one in matching.true_of], dtype=np.int64)
        is_matched = partners >= 0
        ious = image.ious_NM[is_matched, partners[is_matched]]
        np.add.at(self.true, sizes_M[image.true_classes_M >= 0], 1)
        np.add.at(self.matched, (sizes_M[partners[is_matched]], np.digitize(ious, IOU_EDGES)), 1)
        np.add.at(self.false_positives, np.digitize(image.areas_N[~is_matched], AREAS), 1)

    def insight(
        self, split: Literal["train", "validation", "test"], overlap: float, threshold: float, many: str
    ) -> Insight:
        """A table with a row a size."""
        rows = []
        for size, name in enumerate(SIZES):
            found = int(self.matched[size].sum())
            of_iou = (int(one) for one in self.matched[size])
            missed = int(self.true[size]) - found
            rows.append((name, int(self.true[size]), found, *of_iou, missed, int(self.false_positives[size])))
        low, high = IOU_EDGES
        return Insight(
            key=f"{split}-matches-by-size",
            group=split,
            title=MATCHES_BY_SIZE,
            how_to_read=f"{many.capitalize()} above a confidence of {threshold:g}, matched at an IoU above "
            f"{overlap:g}. False positives are counted by their own size. Many false negatives among small ones call "
            "for a larger input size.",
            payload=Table(
                columns=(
                    "Size",
                    f"True {many}",
                    "True positives",
                    f"IoU up to {low:g}",
                    f"IoU {low:g} to {high:g}",
                    f"IoU above {high:g}",
                    "False negatives",
                    "False positives",
                ),
                rows=tuple(rows),
            ),
        )
