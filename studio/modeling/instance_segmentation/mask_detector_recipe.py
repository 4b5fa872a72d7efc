"""MaskDetectorRecipe: a detector whose boxes have masks, in the pixels of the files.

Shapes: N boxes.
"""

import numpy as np

from studio.modeling.boxes import framed
from studio.modeling.detection.detector import Detections
from studio.modeling.detection.recipe import DetectorRecipe
from studio.modeling.images.coordinates import Placement
from studio.modeling.instance_segmentation.pasting import pasted_runs
from studio.modeling.instance_segmentation.task import InstanceTask
from studio.modeling.instance_segmentation.truth import InstanceSet
from studio.modeling.predictions import Raw


class MaskDetectorRecipe(DetectorRecipe):
    """Masks of the objects of an image."""

    raw_is_set = False

    def raw(self, found: Detections, place: Placement) -> Raw:
        """Masks without a pixel above the threshold are left out."""
        assert found.masks_Nmm is not None
        assert isinstance(self.task, InstanceTask)
        boxes_N4 = framed(found.corners_N4.double().cpu().numpy(), place.frame, place.size)
        masks = found.masks_Nmm.float().cpu().numpy()
        runs = [
            pasted_runs(mask, box, place.size, self.task.threshold) for mask, box in zip(masks, boxes_N4, strict=True)
        ]
        instances = InstanceSet(
            shape=(place.size[1], place.size[0]),
            classes_N=found.classes_N.cpu().numpy().astype(np.int64),
            runs=runs,
            scores_N=found.scores_N.double().cpu().numpy(),
        )
        return self.task.limited(instances.where(np.array([len(one) > 0 for one in runs], dtype=bool)))

    def raw_difference(self, raw: Raw, expected: Raw) -> float:
        assert isinstance(self.task, InstanceTask)
        return self.task.raw_difference(raw, expected)
