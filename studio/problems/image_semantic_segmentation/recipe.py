"""How to train and score image semantic segmentation."""

from studio.modeling.images.masked_image_input import MaskedImageInput
from studio.modeling.segmentation.recipe import SegmentationRecipe
from studio.modeling.segmentation.task import SegmentationTask


class ImageSemanticSegmentationRecipe(SegmentationRecipe):
    """An encoder and a decoder of segmentation-models-pytorch that give each pixel its classes."""

    input_class = MaskedImageInput
    task_class = SegmentationTask
