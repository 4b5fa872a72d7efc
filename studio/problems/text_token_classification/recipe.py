"""How to train and score token classification of texts."""

from studio.modeling.text.words_input import WordsInput
from studio.modeling.token_classification.recipe import TokenRecipe
from studio.modeling.token_classification.task import TokenTask


class TextTokenClassificationRecipe(TokenRecipe):
    """A transformer with a linear layer on the first token of every word."""

    input_class = WordsInput
    task_class = TokenTask
