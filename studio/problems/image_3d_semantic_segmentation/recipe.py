"""How to train and score 3D image semantic segmentation."""

from studio.modeling.segmentation.task import SegmentationTask
from studio.modeling.volumes.masked_volume_input import MaskedVolumeInput
from studio.modeling.volumes.segmentation_recipe import VolumeSegmentationRecipe


class Image3dSemanticSegmentationRecipe(VolumeSegmentationRecipe):
    """An inflated encoder and a decoder that give each voxel its classes."""

    input_class = MaskedVolumeInput
    task_class = SegmentationTask
