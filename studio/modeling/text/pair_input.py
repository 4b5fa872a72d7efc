"""TextPairInput: a text to read, with the text to write from it, as tokens of one tokenizer.

Shapes: B batch, L tokens read, T tokens to write.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.modeling.recipe import Media, Note, Samples
from studio.modeling.text.seq2seq_models import is_pair, translator_config
from studio.modeling.text.sequence_input import SequenceInput
from studio.modeling.text.sources.assets import config_of
from studio.modeling.text.tokens.encoded import EncodedTexts, encode_texts
from studio.modeling.text.tokens.pair_samples import PairSamples, padded_targets
from studio.modeling.text.tokens.sequences import TextBatch, TextItem, cells, text_batch
from studio.modeling.token_targets import IGNORED
from studio.results.sample_view import TextBlock
from studio.settings.schema import SettingsSchema

Texts = Sequence[str | None]
"""The text to write of every row, None where there is none."""


class TextPairInput(SequenceInput):
    """Sequences of tokens whose targets are sequences of tokens."""

    @classmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        yield from cells(table, str(settings.value("dataset.text_column")))
        yield from cells(table, str(settings.value("dataset.label_columns")))

    @classmethod
    def adapted(cls, config: dict[str, Any]) -> dict[str, Any]:
        return translator_config(config)

    @property
    def columns(self) -> tuple[str, ...]:
        return (str(self.settings.dataset.text_column),)

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """What the model is made of, and how many texts are cut."""
        if is_pair(config_of(self.assets)):
            yield Note("info", "The backbone is an encoder: it encodes, and a copy with new cross-attention decodes.")
        yield from super().notes(validation, test)

    def samples(self, table: pd.DataFrame, media: Media, targets: Texts | None, *, training: bool) -> Samples:
        return PairSamples(
            self.sequences(table, media),
            None if targets is None else self._tokens(targets, media),
            mask_probability=self.mask_probability if training else 0.0,
            by_length=self.settings.tokenizer.batches_by_length,
        )

    def collate(self, items: Sequence[TextItem]) -> TextBatch:
        batch = text_batch([item._replace(target=None) for item in items], self.tokenizer)
        batch.targets = padded_targets([item.target for item in items])
        return batch

    def blocks(self, batch: TextBatch, position: int) -> tuple[TextBlock, ...]:
        """The tokens that are read, and those to be written."""
        read = batch.ids[position][batch.mask[position] == 1].tolist()
        if batch.targets is None:
            return (self.token_block(read, "tokens read"),)
        to_write = batch.targets[position][batch.targets[position] != IGNORED].tolist()
        return self.token_block(read, "tokens read"), self.token_block(to_write, "tokens to write")

    def cut_targets(self, targets: Texts) -> int:
        """How many texts to write are longer than what is learned from."""
        return int(self._encoded(targets, None).is_cut.sum())

    def _tokens(self, targets: Texts, media: Media | None) -> list[NDArray[np.int32] | None]:
        """Tokens to write, with those that a text begins and ends with."""
        encoded, (before, behind) = self._encoded(targets, media), self._frame
        return [
            np.array([*before, *encoded[position].tolist(), *behind], dtype=np.int32) if text else None
            for position, text in enumerate(targets)
        ]

    def _encoded(self, targets: Texts, media: Media | None) -> EncodedTexts:
        before, behind = self._frame
        room = max(1, self.settings.tokenizer.label_max_length - len(before) - len(behind))
        return encode_texts(self.tokenizer, [text or "" for text in targets], room, media.cache if media else None)

    @property
    def _frame(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What texts to write begin and end with. The decoder of a pair starts with [CLS] anyway."""
        last = self.tokenizer.special.last
        if is_pair(config_of(self.assets)):
            return (), () if last is None else (last,)
        return self.tokenizer.prefix, self.tokenizer.suffix
