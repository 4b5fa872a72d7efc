"""How to train and score image object detection."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from studio.modeling.detection.detector import Detector
from studio.modeling.detection.efficientdet import EfficientDetector
from studio.modeling.detection.faster_rcnn import FasterRcnnDetector
from studio.modeling.detection.fcos import FcosDetector
from studio.modeling.detection.recipe import DetectorRecipe
from studio.modeling.detection.task import DetectionTask
from studio.modeling.images.boxed_image_input import BoxedImageInput


class ImageObjectDetectionRecipe(DetectorRecipe):
    """EfficientDet, Faster R-CNN or FCOS."""

    input_class = BoxedImageInput
    task_class = DetectionTask
    detectors: ClassVar[Mapping[str, type[Detector[Any]]]] = MappingProxyType(
        {"efficientdet": EfficientDetector, "faster_rcnn": FasterRcnnDetector, "fcos": FcosDetector}
    )
