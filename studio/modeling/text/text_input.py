"""TextInput: the text columns of a row as one sequence, over a transformer whose tokens are pooled.

Shapes: B batch, K targets.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from studio.modeling.encoder_recipe import Encoder, EncoderInput, Score
from studio.modeling.recipe import Media, Samples
from studio.modeling.text.attributions import importance_marks, integrated_gradients, steps_for
from studio.modeling.text.encoder import PooledTextEncoder
from studio.modeling.text.sequence_input import SequenceInput
from studio.modeling.text.tokens.sequences import TextBatch, TextItem, TextSamples, cells, spans_of, text_batch
from studio.modeling.weights import WeightsFile
from studio.results.sample_view import TextMark
from studio.settings.schema import SettingsSchema


class TextInput(SequenceInput, EncoderInput[TextBatch]):
    """Sequences of tokens; one vector a text."""

    tensor_count = 2

    @classmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        return (text for column in settings.value("dataset.text_column") for text in cells(table, column))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.settings.dataset.text_column)

    @property
    def separator(self) -> str:
        return str(self.settings.dataset.separator)

    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> Samples:
        return TextSamples(
            self.sequences(table, media),
            targets,
            mask_probability=self.mask_probability if training else 0.0,
            by_length=self.settings.tokenizer.batches_by_length,
        )

    def collate(self, items: Sequence[TextItem]) -> TextBatch:
        return text_batch(items, self.tokenizer, float(self.settings.tokenizer.padding_quantile))

    def encoder(self, weights: WeightsFile | None) -> Encoder:
        backbone = PooledTextEncoder(self.settings.architecture, self.assets, weights)
        return Encoder({"backbone": backbone}, backbone.features)

    def tensors(self, batch: TextBatch) -> tuple[Tensor, ...]:
        return batch.ids, batch.mask

    def attributions(
        self, model: nn.Module, batch: TextBatch, score_of: Callable[[Tensor], Score]
    ) -> list[tuple[TextMark, ...]]:
        """Integrated gradients of every token, as marks in the texts."""
        encoder = model.get_submodule("backbone")
        assert isinstance(encoder, PooledTextEncoder)
        with torch.no_grad():
            score = score_of(model(batch.ids, batch.mask))
        special = torch.tensor(self.tokenizer.special.framing(), device=batch.ids.device)
        kept = batch.mask * (~torch.isin(batch.ids, special)).long()
        layer, pad = encoder.encoder.embeddings(), self.tokenizer.special.pad
        steps = steps_for(batch.ids.shape[1])
        scores = integrated_gradients(
            layer, batch.ids, kept, pad, lambda: score(model(batch.ids, batch.mask)), steps
        ).cpu()
        room = self.tokenizer.room(self.settings.tokenizer.max_length)
        return [
            importance_marks(scores[position].numpy(), texts, spans_of(self.tokenizer, texts, room))
            for position, texts in enumerate(batch.texts)
        ]
