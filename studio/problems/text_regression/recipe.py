"""How to train and score text regression."""

from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.regression.task import RegressionTask
from studio.modeling.text.text_input import TextInput


class TextRegressionRecipe(EncoderRecipe):
    """A transformer with a linear layer that gives one or more numbers."""

    input_class = TextInput
    task_class = RegressionTask
