"""How to train and score sequence to sequence."""

from studio.modeling.generation.recipe import GenerationRecipe
from studio.modeling.generation.task import GenerationTask
from studio.modeling.text.pair_input import TextPairInput


class TextSequenceToSequenceRecipe(GenerationRecipe):
    """A transformer that reads a text and writes another one."""

    input_class = TextPairInput
    task_class = GenerationTask
