"""Which predicted object stands for which true one, whatever their overlap is measured by.

Shapes: N predicted objects, M true ones.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["correct", "wrong_class", "false_positive"]


@dataclass(frozen=True)
class Matching:
    """How predicted and true objects of one image go together."""

    verdicts: tuple[Verdict, ...]
    """One a predicted object."""
    true_of: tuple[int | None, ...]
    """The true object that each predicted one stands for."""
    found_by: tuple[float | None, ...]
    """The score of the predicted object that found each true one."""


@dataclass(frozen=True)
class ComparedImage:
    """The predicted and the true objects of one image, and how far they overlap."""

    ious_NM: NDArray[np.float64]
    classes_N: NDArray[np.int64]
    scores_N: NDArray[np.float64]
    areas_N: NDArray[np.float64]
    """Square pixels of the file."""
    true_classes_M: NDArray[np.int64]
    true_areas_M: NDArray[np.float64]

    def above(self, confidence: float) -> "ComparedImage":
        """Without predicted objects that are less sure."""
        kept = self.scores_N > confidence
        return replace(
            self,
            ious_NM=self.ious_NM[kept],
            classes_N=self.classes_N[kept],
            scores_N=self.scores_N[kept],
            areas_N=self.areas_N[kept],
        )

    def matching(self, threshold: float) -> Matching:
        """By place and class."""
        return match_objects(self.ious_NM, self.classes_N, self.scores_N, self.true_classes_M, threshold)

    def matching_anywhere(self, threshold: float) -> Matching:
        """By place alone, whatever the classes."""
        predicted, true = np.zeros_like(self.classes_N), np.zeros_like(self.true_classes_M)
        return match_objects(self.ious_NM, predicted, self.scores_N, true, threshold)


def match_objects(
    ious_NM: NDArray[np.float64],
    classes_N: NDArray[np.int64],
    scores_N: NDArray[np.float64],
    true_classes_M: NDArray[np.int64],
    threshold: float,
) -> Matching:
    """Greedy by falling score, as COCO does it: each true object is found once, by the one that overlaps it most.

    An object that overlaps only true ones of other classes has the wrong class; any other that finds none is a false
    positive. What an object is does not depend on those with lower scores, so the verdicts hold for every confidence.
    """
    count, true_count = ious_NM.shape
    same = classes_N[:, None] == true_classes_M[None, :]
    is_near = ious_NM > threshold
    verdicts: list[Verdict] = ["false_positive"] * count
    true_of: list[int | None] = [None] * count
    found_by: list[float | None] = [None] * true_count
    for one in np.argsort(-scores_N, kind="stable"):
        near = np.flatnonzero(is_near[one])
        free = [int(m) for m in near if found_by[m] is None and same[one, m]]
        if free:
            best = max(free, key=lambda m: ious_NM[one, m])
            verdicts[one], true_of[one], found_by[best] = "correct", best, float(scores_N[one])
        elif len(near):
            verdicts[one] = "false_positive" if same[one, near].any() else "wrong_class"
    return Matching(tuple(verdicts), tuple(true_of), tuple(found_by))
