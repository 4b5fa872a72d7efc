"""ComponentsTask: instances that are made of pixels, by a network that gives borders and classes.

Shapes: K classes, H height, W width.
"""

from typing import Any

import numpy as np
from torch import Tensor

from studio.modeling.instance_segmentation.components import components
from studio.modeling.instance_segmentation.shown import instance_annotation
from studio.modeling.instance_segmentation.task import InstanceTask
from studio.modeling.instance_segmentation.truth import InstanceSet
from studio.modeling.predictions import Raw
from studio.modeling.recipe import Target
from studio.modeling.segmentation.losses import loss_of
from studio.modeling.segmentation.truth import TrueMasks
from studio.results.sample_view import InstanceAnnotation

BORDERS = 1
"""Outputs before those of the classes."""


class ComponentsTask(InstanceTask):
    """Borders and classes of pixels become objects."""

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.loss_function = loss_of(settings.training)

    @property
    def outputs(self) -> int:
        """Outputs a pixel: of the border and the classes, after one of the background where classes exclude others."""
        return self.loss_function.outputs(BORDERS + len(self.target.labels))

    def truth_view(self, target: Any) -> InstanceAnnotation:
        """The borders and classes (1 + K, H, W) of a training sample, as the objects that they make."""
        return instance_annotation(self._instances(np.asarray(target, dtype=np.float32)), self.target.labels)

    def raw(self, probabilities: Tensor, truth: TrueMasks | None) -> Raw:
        """The raw prediction of one image from its probabilities (1 + K, H, W) in the pixels of its file."""
        return self.limited(self._instances(probabilities.float().cpu().numpy()))

    def _instances(self, probabilities: np.ndarray) -> InstanceSet:
        found = components(probabilities, self.threshold, excludes=self.loss_function.has_background)
        return InstanceSet(
            shape=(probabilities.shape[1], probabilities.shape[2]),
            classes_N=np.array([one.class_index for one in found], dtype=np.int64),
            runs=[one.runs for one in found],
            scores_N=np.array([one.score for one in found], dtype=np.float64),
        )
