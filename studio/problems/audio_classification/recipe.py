"""How to train and score audio classification."""

from studio.modeling.audio.audio_input import AudioInput
from studio.modeling.classification.task import ClassificationTask
from studio.modeling.encoder_recipe import EncoderRecipe


class AudioClassificationRecipe(EncoderRecipe):
    """A timm backbone over spectrograms with a linear layer, for one of two, one of many, or several classes."""

    input_class = AudioInput
    task_class = ClassificationTask
