"""How to train and score text metric learning."""

from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.metric_learning.task import MetricLearningTask
from studio.modeling.text.text_input import TextInput


class TextMetricLearningRecipe(EncoderRecipe):
    """A transformer with a neck, trained so that texts of one label lie near each other."""

    input_class = TextInput
    task_class = MetricLearningTask
