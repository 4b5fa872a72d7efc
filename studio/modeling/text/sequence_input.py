"""SequenceInput: the texts of a row as one sequence of tokens, whatever is made of it."""

from abc import abstractmethod
from collections.abc import Iterator

import pandas as pd

from studio.datasets.texts.text_views import shown as drawable
from studio.modeling.composed_recipe import ShownRow, TruthView
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import BatchPicture, Media, Note, Split
from studio.modeling.text.tokenized_input import TokenizedInput
from studio.modeling.text.tokens.lengths import cut_note, length_insight
from studio.modeling.text.tokens.sequences import TextBatch, TextSequences, joined_cells, title_of
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, TextBlock

MOST_CHARACTERS = 1000
"""Of a neighbour's text; it is shown beside a sample, and many samples have the same neighbours."""


class SequenceInput(TokenizedInput[TextBatch]):
    """One sequence a row; what does not fit is cut."""

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""

    @property
    def separator(self) -> str:
        """What stands between the texts of several columns; empty for the separator token."""
        return ""

    @property
    def mask_probability(self) -> float:
        """The share of tokens that are hidden in training."""
        return float(self.settings.augmentation.token_mask_probability)

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """How many texts are cut."""
        for name, table in (("validation", validation), ("test", test)):
            if table is not None and not table.empty:
                cut = self.sequences(table, None).cut_count()
                yield from cut_note(name, "texts", cut, len(table), self.settings.tokenizer.max_length)

    def sequences(self, table: pd.DataFrame, media: Media | None) -> TextSequences:
        """The rows as tokens; with media, from the cache where they are there."""
        return TextSequences(
            table,
            self.columns,
            self.tokenizer,
            self.settings.tokenizer.max_length,
            separator=self.separator,
            cache=media.cache if media else None,
        )

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        name = ", ".join(self.columns)
        sequences = self.sequences(scored.table, None)
        for position, text in enumerate(joined_cells(scored.table, self.columns, self.separator)):
            block = TextBlock(name=name, text=text, is_cut=sequences.is_cut(position))
            beginning = text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."
            yield ShownRow(view={"title": title_of(text), "texts": (drawable(block),)}, neighbour={"text": beginning})

    def batch_pictures(self, batch: TextBatch, table: pd.DataFrame, truth_view: TruthView) -> Iterator[BatchPicture]:
        rows, texts = row_numbers(table), joined_cells(table, self.columns, self.separator)
        for position, row in enumerate(batch.rows):
            target = batch.target(position)
            view = SampleView(
                row=rows[row],
                title=title_of(texts[row]),
                truth=None if target is None else truth_view(target),
                texts=self.blocks(batch, position),
            )
            yield BatchPicture(None, view)

    def blocks(self, batch: TextBatch, position: int) -> tuple[TextBlock, ...]:
        """The tokens of a sample as they go in."""
        return (self.token_block(batch.ids[position][batch.mask[position] == 1].tolist()),)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """How long the texts are, and how many are cut."""
        if len(scored):
            sequences = self.sequences(scored.table, None)
            yield length_insight(sequences.lengths(), sequences.cut_count(), self.settings.tokenizer.max_length, split)
