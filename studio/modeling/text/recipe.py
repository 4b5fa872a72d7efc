"""What the recipes of text have in common: a tokenizer, a transformer, and the place its weights come from.

Shapes: B batch, L length.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.datasets.text_views import shown as drawable
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import (
    Assets,
    BatchPicture,
    BatchT,
    Media,
    Note,
    Recipe,
    Samples,
    Split,
    Target,
)
from studio.modeling.text.assets import config_of, text_assets
from studio.modeling.text.attributions import importance_marks, integrated_gradients, steps_for
from studio.modeling.text.encoder import PooledTextEncoder
from studio.modeling.text.inputs import (
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
from studio.modeling.text.lengths import cut_note, length_insight
from studio.modeling.text.sources import find_text_model, is_scratch
from studio.modeling.text.tokenizer import TextTokenizer
from studio.modeling.text.transformers_models import check_length
from studio.modeling.weights import WeightsFile
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import Annotation, SampleView, TextBlock, TextMark
from studio.settings.schema import SettingsSchema


class TextRecipe(Recipe[BatchT]):
    """A recipe whose model is a transformer of text."""

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        super().__init__(settings, target, metrics, assets)
        self.tokenizer = TextTokenizer.of(self.assets, lowercase=bool(self.settings.tokenizer.lowercase))
        name, limits = str(self.settings.architecture.backbone), self.settings.tokenizer
        check_length(config_of(self.assets), limits.max_length, "Max length", name)
        check_length(config_of(self.assets), getattr(limits, "label_max_length", 0), "Label max length", name)

    @classmethod
    @abstractmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        """Every text that a tokenizer for this table must know."""

    @classmethod
    def adapted(cls, config: dict[str, Any]) -> dict[str, Any]:
        """The configuration of the model, from that of its backbone."""
        return config

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        is_lower = bool(settings.value("tokenizer.lowercase"))

        def texts() -> Iterator[str]:
            return (text.lower() if is_lower else text for text in cls.texts_of(settings, table))

        name = str(settings.value("architecture.backbone"))
        return text_assets(name, texts, cls.adapted)

    def weights_name(self) -> str | None:
        architecture = self.settings.architecture
        is_pretrained = architecture.pretrained and not is_scratch(architecture.backbone)
        return str(architecture.backbone) if is_pretrained else None

    def find_weights(self, name: str) -> WeightsFile:
        return find_text_model(name).weights()


class PooledTextRecipe(TextRecipe[TextBatch]):
    """One vector a text: what classification, regression and metric learning share."""

    @classmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        for column in settings.value("dataset.text_column"):
            yield from cells(table, column)

    @abstractmethod
    def truth_of(self, table: pd.DataFrame) -> NDArray[np.float32] | None:
        """Targets of every row, NaN where unknown; None where the table has none."""

    @abstractmethod
    def truth_view(self, target: NDArray[np.float32]) -> Annotation | None:
        """The target of a row as a page shows it."""

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """How many texts are cut."""
        for name, table in (("validation", validation), ("test", test)):
            if table is not None and not table.empty:
                cut = self._sequences(table, None).cut_count()
                yield from cut_note(name, "texts", cut, len(table), self.settings.tokenizer.max_length)

    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        return TextSamples(
            self._sequences(table, media),
            self.truth_of(table),
            mask_probability=self.settings.augmentation.token_mask_probability if training else 0.0,
            by_length=self.settings.tokenizer.batches_by_length,
        )

    def collate(self, items: Sequence[TextItem]) -> TextBatch:
        return text_batch(items, self.tokenizer, float(self.settings.tokenizer.padding_quantile))

    def batch_pictures(self, batch: TextBatch, table: pd.DataFrame) -> Iterator[BatchPicture]:
        rows = row_numbers(table)
        texts = self.shown_texts(table)
        for position, row in enumerate(batch.rows):
            count = int(batch.mask[position].sum())
            tokens = self.tokenizer.readable(batch.ids[position, :count].tolist())
            truth = None if batch.targets is None else self.truth_view(batch.targets[position].numpy())
            block = TextBlock(name=f"{count} tokens", text=tokens)
            yield BatchPicture(None, SampleView(row=rows[row], title=title_of(texts[row]), truth=truth, texts=(block,)))

    def shown_texts(self, table: pd.DataFrame) -> list[str]:
        """The text of every row as one."""
        dataset = self.settings.dataset
        return joined_cells(table, dataset.text_column, dataset.separator)

    def shown(self, scored: ScoredTable) -> Iterator[Mapping[str, Any]]:
        """Title and texts of every row's view."""
        name = ", ".join(self.settings.dataset.text_column)
        sequences = self._sequences(scored.table, None)
        for position, text in enumerate(self.shown_texts(scored.table)):
            block = TextBlock(name=name, text=text, is_cut=sequences.is_cut(position))
            yield {"title": title_of(text), "texts": (drawable(block),)}

    def importance(
        self, encoder: PooledTextEncoder, batch: TextBatch, output_of: Callable[[], Tensor]
    ) -> list[tuple[TextMark, ...]]:
        """Marks of what in each text moves an output (B), by integrated gradients."""
        special = torch.tensor(self.tokenizer.special.framing(), device=batch.ids.device)
        kept = batch.mask * (~torch.isin(batch.ids, special)).long()
        layer, pad = encoder.encoder.embeddings(), self.tokenizer.special.pad
        steps = steps_for(batch.ids.shape[1])
        scores = integrated_gradients(layer, batch.ids, kept, pad, output_of, steps).cpu().numpy()
        room = self.tokenizer.room(self.settings.tokenizer.max_length)
        return [
            importance_marks(scores[position], texts, spans_of(self.tokenizer, texts, room))
            for position, texts in enumerate(batch.texts)
        ]

    def length_insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
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
