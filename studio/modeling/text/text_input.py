"""TextInput: the text columns of a row as one sequence, over a transformer whose tokens are pooled.

Shapes: B batch, K targets.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.datasets.texts.text_views import shown as drawable
from studio.modeling.encoder_recipe import Encoder, EncoderModel, Input, Score, ShownRow
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import Assets, BatchPicture, Media, Note, Samples, Split
from studio.modeling.text.attributions import importance_marks, integrated_gradients, steps_for
from studio.modeling.text.encoder import PooledTextEncoder
from studio.modeling.text.sources.backbone import assets_for, pretrained_name, tokenizer_of
from studio.modeling.text.sources.sources import find_text_model
from studio.modeling.text.tokens.lengths import cut_note, length_insight
from studio.modeling.text.tokens.sequences import (
    TextBatch,
    TextItem,
    TextSamples,
    TextSequences,
    cells,
    joined_cells,
    spans_of,
    text_batch,
    title_of,
)
from studio.modeling.weights import WeightsFile
from studio.results.insight import Insight
from studio.results.sample_view import Annotation, SampleView, TextBlock, TextMark
from studio.settings.schema import SettingsSchema

MOST_CHARACTERS = 1000
"""Of a neighbour's text; it is shown beside a sample, and many samples have the same neighbours."""


class TextInput(Input[TextBatch]):
    """Sequences of tokens; one vector a text."""

    def __init__(self, settings: Any, assets: Assets) -> None:
        super().__init__(settings, assets)
        self.tokenizer = tokenizer_of(settings, assets)

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        columns = settings.value("dataset.text_column")
        return assets_for(settings, lambda: (text for column in columns for text in cells(table, column)))

    def weights_name(self) -> str | None:
        return pretrained_name(self.settings.architecture)

    def find_weights(self, name: str) -> WeightsFile:
        return find_text_model(name).weights()

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """How many texts are cut."""
        for name, table in (("validation", validation), ("test", test)):
            if table is not None and not table.empty:
                cut = self._sequences(table, None).cut_count()
                yield from cut_note(name, "texts", cut, len(table), self.settings.tokenizer.max_length)

    def samples(
        self, table: pd.DataFrame, media: Media, targets: NDArray[np.float32] | None, *, training: bool
    ) -> Samples:
        return TextSamples(
            self._sequences(table, media),
            targets,
            mask_probability=self.settings.augmentation.token_mask_probability if training else 0.0,
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
        self, model: EncoderModel, batch: TextBatch, score_of: Callable[[Tensor], Score]
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

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        dataset = self.settings.dataset
        name = ", ".join(dataset.text_column)
        sequences = self._sequences(scored.table, None)
        for position, text in enumerate(joined_cells(scored.table, dataset.text_column, dataset.separator)):
            block = TextBlock(name=name, text=text, is_cut=sequences.is_cut(position))
            beginning = text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."
            yield ShownRow(view={"title": title_of(text), "texts": (drawable(block),)}, neighbour={"text": beginning})

    def batch_pictures(
        self, batch: TextBatch, table: pd.DataFrame, truth_view: Callable[[NDArray[Any]], Annotation | None]
    ) -> Iterator[BatchPicture]:
        rows = row_numbers(table)
        texts = joined_cells(table, self.settings.dataset.text_column, self.settings.dataset.separator)
        for position, row in enumerate(batch.rows):
            count = int(batch.mask[position].sum())
            tokens = self.tokenizer.readable(batch.ids[position, :count].tolist())
            truth = None if batch.targets is None else truth_view(batch.targets[position].numpy())
            block = TextBlock(name=f"{count} tokens", text=tokens)
            yield BatchPicture(None, SampleView(row=rows[row], title=title_of(texts[row]), truth=truth, texts=(block,)))

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """How long the texts are, and how many are cut."""
        if len(scored):
            sequences = self._sequences(scored.table, None)
            yield length_insight(sequences.lengths(), sequences.cut_count(), self.settings.tokenizer.max_length, split)

    def _sequences(self, table: pd.DataFrame, media: Media | None) -> TextSequences:
        settings = self.settings
        return TextSequences(
            table,
            settings.dataset.text_column,
            self.tokenizer,
            settings.tokenizer.max_length,
            separator=settings.dataset.separator,
            cache=media.cache if media else None,
        )
