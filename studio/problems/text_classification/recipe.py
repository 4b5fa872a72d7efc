"""How to train and score text classification."""

from studio.modeling.classification.task import ClassificationTask
from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.text.text_input import TextInput


class TextClassificationRecipe(EncoderRecipe):
    """A transformer with a linear layer, for one of two, one of many, or several classes a text."""

    input_class = TextInput
    task_class = ClassificationTask
