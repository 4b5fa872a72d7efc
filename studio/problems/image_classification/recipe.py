"""How to train and score image classification."""

from studio.modeling.classification.task import ClassificationTask
from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.images.image_input import ImageInput


class ImageClassificationRecipe(EncoderRecipe):
    """A timm backbone with a linear layer, for one of two, one of many, or several classes an image."""

    input_class = ImageInput
    task_class = ClassificationTask
