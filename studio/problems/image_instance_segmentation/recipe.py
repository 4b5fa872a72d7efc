"""How to train and score image instance segmentation, by kind of model."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from studio.modeling.detection.detector import Detector
from studio.modeling.images.bordered_objects_input import BorderedObjectsInput
from studio.modeling.images.object_masks_input import ObjectMasksInput
from studio.modeling.instance_segmentation.components_task import ComponentsTask
from studio.modeling.instance_segmentation.mask_detector_recipe import MaskDetectorRecipe
from studio.modeling.instance_segmentation.mask_rcnn import MaskRcnnDetector
from studio.modeling.instance_segmentation.task import InstanceTask
from studio.modeling.segmentation.recipe import SegmentationRecipe


class UnetComponentsRecipe(SegmentationRecipe):
    """A network of segmentation-models-pytorch that gives pixels and borders, of which objects are made."""

    input_class = BorderedObjectsInput
    task_class = ComponentsTask


class MaskRcnnRecipe(MaskDetectorRecipe):
    """Boxes over timm features, each with a mask."""

    input_class = ObjectMasksInput
    task_class = InstanceTask
    detectors: ClassVar[Mapping[str, type[Detector[Any]]]] = MappingProxyType({"mask_rcnn": MaskRcnnDetector})
