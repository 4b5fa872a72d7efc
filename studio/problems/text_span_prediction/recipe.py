"""How to train and score span prediction."""

from studio.modeling.span_prediction.recipe import SpanRecipe
from studio.modeling.span_prediction.task import SpanTask
from studio.modeling.text.question_input import QuestionInput


class TextSpanPredictionRecipe(SpanRecipe):
    """A transformer that finds in a text the stretch that answers a question."""

    input_class = QuestionInput
    task_class = SpanTask
