"""How to train and score 3D image classification."""

from studio.modeling.classification.task import ClassificationTask
from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.volumes.volume_input import VolumeInput


class Image3dClassificationRecipe(EncoderRecipe):
    """An inflated backbone of timm with a linear layer, for one of two, one of many, or several classes a volume."""

    input_class = VolumeInput
    task_class = ClassificationTask
