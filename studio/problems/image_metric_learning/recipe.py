"""How to train and score image metric learning."""

from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.images.image_input import ImageInput
from studio.modeling.metric_learning.task import MetricLearningTask


class ImageMetricLearningRecipe(EncoderRecipe):
    """A timm backbone with a neck, trained so that images of one label lie near each other."""

    input_class = ImageInput
    task_class = MetricLearningTask
