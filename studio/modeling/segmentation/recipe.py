"""SegmentationRecipe: a network of segmentation-models-pytorch that gives every pixel of an image its classes."""

from studio.modeling.segmentation.encoder_weights import find_encoder_weights
from studio.modeling.segmentation.mask_recipe import MaskRecipe
from studio.modeling.segmentation.network import Segmenter
from studio.modeling.weights import WeightsFile


class SegmentationRecipe(MaskRecipe):
    """An encoder and a decoder of segmentation-models-pytorch."""

    def find_weights(self, name: str) -> WeightsFile:
        return find_encoder_weights(name)

    def model(self, weights: WeightsFile | None) -> Segmenter:
        return Segmenter(self.settings, self.outputs, weights, keep_statistics=self.keeps_statistics)
