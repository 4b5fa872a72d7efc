"""WordsInput: a list of words a row, over a transformer that gives a vector a token; long rows are read in windows.

Shapes: N windows, L length, W words.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from torch import Tensor

from studio.datasets.texts.bio_tags import words_of
from studio.datasets.texts.text_views import shown as drawable
from studio.modeling.composed_recipe import ShownRow, TruthView
from studio.modeling.encoder_recipe import Encoder, EncoderInput
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import BatchPicture, Media, Note, Split
from studio.modeling.text.encoder import TextEncoder
from studio.modeling.text.tokenized_input import TokenizedInput
from studio.modeling.text.tokens.lengths import length_insight
from studio.modeling.text.tokens.sequences import title_of
from studio.modeling.text.tokens.window_samples import WindowBatch, WindowItem
from studio.modeling.text.tokens.word_windows import WordSamples, WordWindow, word_batch
from studio.modeling.token_targets import WordTargets
from studio.modeling.weights import WeightsFile
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, TextBlock
from studio.settings.schema import SettingsSchema


class WordsInput(TokenizedInput[WindowBatch[WordWindow]], EncoderInput[WindowBatch[WordWindow]]):
    """Windows of words; the targets of a row are a number a word."""

    tensor_count = 2

    @classmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        return (" ".join(words_of(cell)) for cell in table[str(settings.value("dataset.text_column"))])

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """How many windows rows are read in, where it is more than one a row."""
        for name, table in (("validation", validation), ("test", test)):
            if table is None or table.empty:
                continue
            windows = sum(self.words(table).window_counts)
            if windows > len(table):
                yield Note("info", f"{len(table)} {name} rows are read in {windows} windows; every word gets a tag.")

    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> WordSamples:
        return self.words(table, targets, training=training)

    def words(self, table: pd.DataFrame, targets: Any | None = None, *, training: bool = False) -> WordSamples:
        """The rows as windows."""
        settings = self.settings
        return WordSamples(
            [words_of(cell) for cell in table[settings.dataset.text_column]],
            targets,
            self.tokenizer,
            settings.tokenizer.max_length,
            training=training,
            mask_probability=settings.augmentation.token_mask_probability if training else 0.0,
            by_length=settings.tokenizer.batches_by_length,
        )

    def collate(self, items: Sequence[WindowItem]) -> WindowBatch[WordWindow]:
        return word_batch(items, self.tokenizer.special.pad)

    def encoder(self, weights: WeightsFile | None) -> Encoder:
        backbone = TextEncoder(self.settings.architecture, self.assets, weights)
        return Encoder({"backbone": backbone}, backbone.features)

    def tensors(self, batch: WindowBatch[WordWindow]) -> tuple[Tensor, ...]:
        return batch.ids, batch.mask

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        name = self.settings.dataset.text_column
        for cell in scored.table[name]:
            text = " ".join(words_of(cell))
            yield ShownRow(view={"title": title_of(text), "texts": (drawable(TextBlock(name=name, text=text)),)})

    def batch_pictures(
        self, batch: WindowBatch[WordWindow], table: pd.DataFrame, truth_view: TruthView
    ) -> Iterator[BatchPicture]:
        """The words that a window answers for with their targets, and the tokens as they go in."""
        rows, cells = row_numbers(table), table[self.settings.dataset.text_column]
        for row, windows, places in zip(batch.rows, batch.windows, batch.places(), strict=True):
            for number, window in enumerate(windows, start=places.start):
                words = words_of(cells.iloc[row])[slice(*window.words)]
                text = " ".join(words)
                count = int(batch.mask[number].sum())
                blocks = (
                    TextBlock(name="Words with their tags", text=text),
                    self.token_block(batch.ids[number, :count].tolist()),
                )
                truth = None
                if batch.targets is not None:
                    truth = truth_view(WordTargets(words, batch.targets[number].numpy()[window.starts]))
                yield BatchPicture(None, SampleView(row=rows[row], title=title_of(text), texts=blocks, truth=truth))

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """How long the rows are; longer ones are read in windows, so nothing is cut."""
        if len(scored):
            yield length_insight(self.words(scored.table).token_counts, 0, self.settings.tokenizer.max_length, split)
