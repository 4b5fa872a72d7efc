"""Average precision of boxes."""

from collections.abc import Sequence

from studio.modeling.boxes import BoxesXYXY
from studio.modeling.detection.truth import TrueBoxes
from studio.modeling.objects.average_precision import Evaluation, ImageObjects, evaluate_objects
from studio.modeling.predictions import Raw


def evaluate_boxes(
    truth: Sequence[TrueBoxes], raw: Sequence[Raw], classes: int, overlap: float, max_det_per_image: int
) -> Evaluation:
    """Compare predicted with true boxes, over all images."""
    true = [ImageObjects(one.classes.tolist(), _shapes(one.corners)) for one in truth]
    found = [
        ImageObjects(one["classes"].astype(int).tolist(), _shapes(one["boxes"]), one["scores"].tolist()) for one in raw
    ]
    return evaluate_objects(true, found, classes, overlap, max_det_per_image, "bbox")


def _shapes(boxes_N4: BoxesXYXY) -> list[dict[str, object]]:
    """As COCO writes them: corner, width and height."""
    sides_N2 = boxes_N4[:, 2:] - boxes_N4[:, :2]
    return [
        {"bbox": [*corner, *sides], "area": sides[0] * sides[1]}
        for corner, sides in zip(boxes_N4[:, :2].tolist(), sides_N2.tolist(), strict=True)
    ]
