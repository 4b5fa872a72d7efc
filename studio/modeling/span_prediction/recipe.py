"""SpanRecipe: a question-answering transformer that reads long contexts in overlapping windows.

Shapes: N windows, L length.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.modeling.composed_recipe import ComposedRecipe
from studio.modeling.recipe import Scored
from studio.modeling.span_prediction.answers import Window
from studio.modeling.span_prediction.task import SpanTask
from studio.modeling.text.question_answerer import QuestionAnswerer
from studio.modeling.text.question_input import QuestionInput
from studio.modeling.text.tokens.question_windows import QuestionBatch
from studio.modeling.text.tokens.windows import in_portions
from studio.modeling.token_targets import IGNORED
from studio.modeling.weights import WeightsFile


class SpanRecipe(ComposedRecipe):
    """Logits for the first and the last token of an answer, of which the best places of all windows are taken."""

    raw_format = "parquet"
    raw_is_set = True
    input_class: ClassVar[type[QuestionInput]]
    task_class: ClassVar[type[SpanTask]]
    input: QuestionInput
    task: SpanTask

    def model(self, weights: WeightsFile | None) -> QuestionAnswerer:
        return QuestionAnswerer(self.settings.architecture, self.input.assets, weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, QuestionAnswerer)
        return {"Backbone": model.body(), "qa_outputs": model.head()}

    def loss(self, model: nn.Module, batch: QuestionBatch) -> Tensor:
        assert batch.targets is not None
        losses = _losses(model(batch.ids, batch.mask, batch.types), batch.allowed, batch.targets)
        known = batch.targets[:, 0] != IGNORED
        return torch.where(known, losses, 0.0).sum() / known.sum().clamp(min=1)

    def score(self, model: nn.Module, batch: QuestionBatch) -> Scored:
        """The likeliest answers of each row; its loss is the mean over its windows."""
        logits = in_portions(model, int(self.settings.training.batch_size), batch.ids, batch.mask, batch.types)
        losses = None
        if batch.targets is not None:
            of_windows = _losses(logits, batch.allowed, batch.targets).cpu().numpy()
            losses = np.array([of_windows[place].mean() for place in batch.places()], dtype=np.float64)
        raw = []
        for windows, context, place in zip(batch.windows, batch.contexts, batch.places(), strict=True):
            said = [
                Window(one[: len(window.ids), 0], one[: len(window.ids), 1], window.offsets, window.nowhere)
                for window, one in zip(windows, logits[place].cpu().numpy(), strict=True)
            ]
            raw.append(self.task.raw(context, said))
        return Scored(raw, losses)


def _losses(logits_NL2: Tensor, allowed_NL: Tensor, targets_N2: Tensor) -> Tensor:
    """The mean cross-entropy of start and end (N); NaN where the answer is not known.

    As in scoring, only tokens of the context and *no answer here* can be chosen.
    """
    logits = logits_NL2.masked_fill(~allowed_NL[..., None], float("-inf"))
    losses = functional.cross_entropy(logits, targets_N2, ignore_index=IGNORED, reduction="none").mean(1)
    return torch.where(targets_N2[:, 0] == IGNORED, torch.nan, losses)
