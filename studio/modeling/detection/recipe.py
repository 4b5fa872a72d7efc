"""DetectorRecipe: a detector over a timm backbone; which one is the model type of the settings.

Shapes: B batch, N boxes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, nn

from studio.modeling.boxes import framed
from studio.modeling.composed_recipe import ComposedRecipe
from studio.modeling.detection.detector import Detections, Detector
from studio.modeling.detection.task import DetectionTask
from studio.modeling.images.boxed_image_input import BoxedImageBatch, BoxedImageInput
from studio.modeling.images.coordinates import Placement
from studio.modeling.predictions import Raw
from studio.modeling.recipe import LabelAlignedRows, Scored
from studio.modeling.weights import WeightsFile
from studio.settings.schema import SettingsSchema


class DetectorRecipe(ComposedRecipe):
    """Boxes around the objects of an image."""

    raw_format = "parquet"
    raw_is_set = True
    input_class: ClassVar[type[BoxedImageInput]]
    detectors: ClassVar[Mapping[str, type[Detector[Any]]]]
    """By the id of a model type."""
    input: BoxedImageInput

    @classmethod
    def detector_class(cls, settings: SettingsSchema) -> type[Detector[Any]]:
        """The detector of the model type that these are the settings of."""
        model_type = type(settings).model_type
        assert model_type is not None
        return cls.detectors[model_type]

    def weights_name(self) -> str | None:
        is_pretrained = self.settings.architecture.pretrained
        return self.detector_class(self.settings).weights_name(self.settings) if is_pretrained else None

    def model(self, weights: WeightsFile | None) -> Detector[Any]:
        kind = self.detector_class(self.settings)
        keep = self.input.keeps_statistics(kind.body_group)
        return kind(self.settings, len(self.target.labels), weights, keep_statistics=keep)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, Detector)
        return model.layer_groups()

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, LabelAlignedRows]:
        assert isinstance(model, Detector)
        return model.label_aligned_rows()

    def loss(self, model: nn.Module, batch: BoxedImageBatch) -> Tensor:
        assert isinstance(model, Detector)
        return model.loss(model(batch.images), batch.truth)

    def score(self, model: nn.Module, batch: BoxedImageBatch) -> Scored:
        """Boxes in the pixels of the files."""
        assert isinstance(model, Detector)
        outputs = model(batch.images)
        found = zip(model.decode(outputs), batch.placements, strict=True)
        losses = model.losses_per_image(outputs, batch.truth).double().cpu().numpy() if batch.has_truth else None
        return Scored([self.raw(one, place) for one, place in found], losses)

    def raw(self, found: Detections, place: Placement) -> Raw:
        """The raw prediction of one image, in the pixels of its file."""
        assert isinstance(self.task, DetectionTask)
        return self.task.raw(
            framed(found.corners_N4.double().cpu().numpy(), place.frame, place.size),
            found.scores_N.double().cpu().numpy(),
            found.classes_N.cpu().numpy().astype(np.int64),
        )
