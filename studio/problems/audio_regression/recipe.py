"""How to train and score audio regression."""

from studio.modeling.audio.audio_input import AudioInput
from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.regression.task import RegressionTask


class AudioRegressionRecipe(EncoderRecipe):
    """A timm backbone over spectrograms with a linear layer that gives one or more numbers."""

    input_class = AudioInput
    task_class = RegressionTask
