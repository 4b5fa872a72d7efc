"""GenerationRecipe: an encoder that reads and a decoder that writes.

Shapes: B batch, L tokens read, T tokens to write.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import pandas as pd
import torch
from torch import Tensor, nn

from studio.modeling.composed_recipe import ComposedRecipe
from studio.modeling.generation.task import GenerationTask
from studio.modeling.recipe import Note, Scored
from studio.modeling.text.pair_input import TextPairInput
from studio.modeling.text.text_writer import TextWriter
from studio.modeling.text.tokens.lengths import cut_note
from studio.modeling.text.tokens.sequences import TextBatch
from studio.modeling.token_targets import IGNORED, mean_token_loss, token_losses
from studio.modeling.weights import WeightsFile


class GenerationRecipe(ComposedRecipe):
    """Texts written token by token, learned from the texts to write."""

    raw_format = "parquet"
    input_class: ClassVar[type[TextPairInput]]
    task_class: ClassVar[type[GenerationTask]]
    input: TextPairInput
    task: GenerationTask

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield from super().notes(validation, test)
        for name, table in (("validation", validation), ("test", test)):
            targets = None if table is None or table.empty else self.task.targets_of(table)
            if targets is not None:
                limit = self.settings.tokenizer.label_max_length
                yield from cut_note(name, "targets", self.input.cut_targets(targets), len(targets), limit)

    def model(self, weights: WeightsFile | None) -> TextWriter:
        return TextWriter(self.settings.architecture, self.input.assets, self.input.tokenizer.special, weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, TextWriter)
        return {"Encoder": model.encoder(), "Decoder": model.decoder()}

    def loss(self, model: nn.Module, batch: TextBatch) -> Tensor:
        """The mean over the tokens of all targets."""
        assert batch.targets is not None
        return mean_token_loss(model(batch.ids, batch.mask, batch.targets), batch.targets)

    def score(self, model: nn.Module, batch: TextBatch) -> Scored:
        """The written texts; a row's loss is the mean over the tokens of its target."""
        assert isinstance(model, TextWriter)
        seed = max(0, int(self.settings.environment.seed))
        written = model.write(batch.ids, batch.mask, self.settings.prediction, seed)
        losses = None
        if batch.targets is not None:
            counts = (batch.targets != IGNORED).sum(1)
            sums = token_losses(model(batch.ids, batch.mask, batch.targets), batch.targets).sum(1)
            losses = torch.where(counts > 0, sums / counts, torch.nan).cpu().numpy()
        return Scored(self.task.raw([self.input.tokenizer.decode(ids).strip() for ids in written]), losses)
