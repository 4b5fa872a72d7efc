"""How to train and score image regression."""

from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.images.image_input import ImageInput
from studio.modeling.regression.task import RegressionTask


class ImageRegressionRecipe(EncoderRecipe):
    """A timm backbone with a linear layer that gives one or more numbers."""

    input_class = ImageInput
    task_class = RegressionTask
