"""How to train and score image and text classification."""

from studio.modeling.classification.task import ClassificationTask
from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.joint.image_text_input import ImageTextInput


class ImageTextClassificationRecipe(EncoderRecipe):
    """Two encoders whose vectors are joined, with a linear layer for one or several classes."""

    input_class = ImageTextInput
    task_class = ClassificationTask
