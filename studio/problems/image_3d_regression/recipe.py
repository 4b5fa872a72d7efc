"""How to train and score 3D image regression."""

from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.regression.task import RegressionTask
from studio.modeling.volumes.volume_input import VolumeInput


class Image3dRegressionRecipe(EncoderRecipe):
    """An inflated backbone of timm with a linear layer that gives one or more numbers."""

    input_class = VolumeInput
    task_class = RegressionTask
