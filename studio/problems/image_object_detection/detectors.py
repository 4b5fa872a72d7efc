"""Which class finds the boxes of which model type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from studio.modeling.detection.detector import Detector
from studio.problems.image_object_detection.efficientdet import EfficientDetector
from studio.problems.image_object_detection.faster_rcnn import FasterRcnnDetector
from studio.problems.image_object_detection.fcos import FcosDetector
from studio.settings.schema import SettingsSchema

DETECTORS: Mapping[str, type[Detector[Any]]] = MappingProxyType(
    {"efficientdet": EfficientDetector, "faster_rcnn": FasterRcnnDetector, "fcos": FcosDetector}
)


def detector_class(settings: SettingsSchema) -> type[Detector[Any]]:
    """The detector of the model type that these are the settings of."""
    model_type = type(settings).model_type
    assert model_type is not None
    return DETECTORS[model_type]
