"""TokenRecipe: an encoder that gives a vector a token, with a head on the first token of every word."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from studio.modeling.encoder_recipe import EncoderRecipe
from studio.modeling.recipe import Scored
from studio.modeling.text.tokens.windows import in_portions
from studio.modeling.text.words_input import WordsInput
from studio.modeling.token_classification.task import TokenTask
from studio.modeling.token_targets import IGNORED


class TokenRecipe(EncoderRecipe):
    """What all windows of a row say, put together again."""

    raw_format = "parquet"
    input_class: ClassVar[type[WordsInput]]
    task_class: ClassVar[type[TokenTask]]
    input: WordsInput
    task: TokenTask

    def score(self, model: nn.Module, batch: Any) -> Scored:
        """A row's loss is the mean over its words."""
        logits = in_portions(model, int(self.settings.training.batch_size), *self.input.tensors(batch)).float()
        losses = None
        if batch.targets is not None:
            of_tokens, known = self.task.losses(model, logits, batch.targets), batch.targets != IGNORED
            of_rows = [of_tokens[place].cpu().numpy()[known[place].cpu().numpy()] for place in batch.places()]
            losses = np.array([one.mean() if len(one) else np.nan for one in of_rows], dtype=np.float64)
        of_words = [
            torch.cat([logits[number, window.starts] for number, window in enumerate(windows, start=place.start)])
            for windows, place in zip(batch.windows, batch.places(), strict=True)
        ]
        return Scored(self.task.raw(of_words), losses)
