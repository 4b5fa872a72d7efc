"""VolumeSegmentationRecipe: a network of our own that gives every voxel of a volume its classes."""

from studio.modeling.segmentation.mask_recipe import MaskRecipe
from studio.modeling.volumes.segmenter import VolumeSegmenter
from studio.modeling.weights import WeightsFile


class VolumeSegmentationRecipe(MaskRecipe):
    """An inflated encoder of timm with a decoder."""

    def model(self, weights: WeightsFile | None) -> VolumeSegmenter:
        return VolumeSegmenter(self.settings, self.outputs, weights, keep_statistics=self.keeps_statistics)
