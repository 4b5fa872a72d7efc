"""Predicted and true instances of a table side by side: average precision, and what insights compare."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.modeling.instance_segmentation.truth import SIZE, InstanceSet
from studio.modeling.objects.average_precision import Evaluation, evaluate_objects
from studio.modeling.objects.insights import Noun
from studio.modeling.objects.matching import ComparedImage
from studio.modeling.predictions import Raw
from studio.modeling.segmentation.truth import TrueMasks

INSTANCES = Noun("instance", "instances")


def evaluate_masks(
    truth: Sequence[TrueMasks], raw: Sequence[Raw], classes: int, overlap: float, max_det_per_image: int
) -> Evaluation:
    """Compare predicted with true masks, over all images."""
    pairs = [ComparedMasks.of(true, found) for true, found in zip(truth, raw, strict=True)]
    return evaluate_objects(
        [one.true.objects() for one in pairs],
        [one.predicted.objects() for one in pairs],
        classes,
        overlap,
        max_det_per_image,
        "segm",
    )


def compared_masks(truth: Sequence[TrueMasks], raw: Sequence[Raw]) -> Iterator[ComparedImage]:
    """Image by image, so that no more than one table of overlaps is kept."""
    return (ComparedMasks.of(true, found).image() for true, found in zip(truth, raw, strict=True))


@dataclass(frozen=True)
class ComparedMasks:
    """The instances of one image."""

    predicted: InstanceSet
    true: InstanceSet

    @classmethod
    def of(cls, truth: TrueMasks, raw: Raw) -> "ComparedMasks":
        """True ones are in the image that was predicted."""
        height, width = (int(side) for side in raw[SIZE])
        return cls(InstanceSet.of_raw(raw), InstanceSet.of_truth(truth, (height, width)))

    def image(self) -> ComparedImage:
        """As matching takes it."""
        return ComparedImage(
            ious_NM=self.predicted.ious(self.true),
            classes_N=self.predicted.classes_N,
            scores_N=self.predicted.scores_N,
            areas_N=self.predicted.areas,
            true_classes_M=self.true.classes_N,
            true_areas_M=self.true.areas,
        )
