"""How to train and score sequence to sequence.

Shapes: B batch, L tokens read, T tokens to write.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from studio.datasets.texts.text_views import shown, shown_text
from studio.modeling.generation.insights import NAMES, Generated, generation_insights
from studio.modeling.generation.metrics import generation_metrics, text_scores
from studio.modeling.generation.text_diff import differences
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import BatchPicture, Media, Note, SampleRow, Samples, Scored, Split, Target
from studio.modeling.text.recipe import TextRecipe
from studio.modeling.text.seq2seq_models import is_pair, translator_config
from studio.modeling.text.sources.assets import config_of
from studio.modeling.text.tokens.encoded import EncodedTexts, encode_texts
from studio.modeling.text.tokens.lengths import cut_note, length_insight
from studio.modeling.text.tokens.sequences import TextSequences, cells, title_of
from studio.modeling.weights import WeightsFile
from studio.problems.text_sequence_to_sequence.model import TextWriter
from studio.problems.text_sequence_to_sequence.samples import IGNORED, Item, PairBatch, PairSamples, batch_of
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, TextAnnotation, TextBlock
from studio.settings.schema import SettingsSchema

TASK = "sequence to sequence"
TEXT = "text"
"""The name of the raw output."""


class Known(NamedTuple):
    """Written texts beside their references, and their source rows."""

    texts: list[str]
    references: list[str]
    rows: list[int]


class TextSequenceToSequenceRecipe(TextRecipe[PairBatch]):
    """An encoder that reads and a decoder that writes."""

    raw_format = "parquet"

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        return Target(TASK)

    @classmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        yield from cells(table, str(settings.value("dataset.text_column")))
        yield from cells(table, str(settings.value("dataset.label_columns")))

    @classmethod
    def adapted(cls, config: dict[str, Any]) -> dict[str, Any]:
        return translator_config(config)

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.settings.dataset.label_columns in table.columns

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        if is_pair(config_of(self.assets)):
            yield Note("info", "The backbone is an encoder: it reads, and a copy with new cross-attention writes.")
        for name, table in (("validation", validation), ("test", test)):
            if table is None or table.empty:
                continue
            limits, rows = self.settings.tokenizer, len(table)
            yield from cut_note(name, "texts", self._sequences(table, None).cut_count(), rows, limits.max_length)
            yield from cut_note(name, "targets", self._cut_targets(table), rows, limits.label_max_length)

    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        settings = self.settings
        return PairSamples(
            self._sequences(table, media),
            self._targets(table, media),
            mask_probability=settings.augmentation.token_mask_probability if training else 0.0,
            by_length=settings.tokenizer.batches_by_length,
        )

    def collate(self, items: Sequence[Item]) -> PairBatch:
        return batch_of(items, self.tokenizer.special.pad)

    def model(self, weights: WeightsFile | None) -> nn.Module:
        return TextWriter(self.settings.architecture, self.assets, self.tokenizer.special, weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, TextWriter)
        return {"Encoder": model.encoder(), "Decoder": model.decoder()}

    def loss(self, model: nn.Module, batch: PairBatch) -> Tensor:
        """The mean over the tokens of all targets."""
        assert batch.targets is not None
        losses = _token_losses(model(batch.ids, batch.mask, batch.targets), batch.targets)
        return losses.sum() / (batch.targets != IGNORED).sum().clamp(min=1)

    def score(self, model: nn.Module, batch: PairBatch) -> Scored:
        """The written texts; a row's loss is the mean over the tokens of its target."""
        assert isinstance(model, TextWriter)
        seed = max(0, int(self.settings.environment.seed))
        written = model.write(batch.ids, batch.mask, self.settings.prediction, seed)
        losses = None
        if batch.targets is not None:
            counts = (batch.targets != IGNORED).sum(1)
            sums = _token_losses(model(batch.ids, batch.mask, batch.targets), batch.targets).sum(1)
            losses = torch.where(counts > 0, sums / counts, torch.nan).cpu().numpy()
        return Scored([{TEXT: np.array(self.tokenizer.decode(ids).strip(), dtype=np.str_)} for ids in written], losses)

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return pd.DataFrame({"pred_text": _texts(scored)}, index=scored.table.index)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        known = self._known(scored)
        return {} if known is None else generation_metrics(known.texts, known.references)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        compared = self._compared(scored)
        if compared is not None:
            yield from generation_insights(compared, split)
        if len(scored):
            sequences, limit = self._sequences(scored.table, None), self.settings.tokenizer.max_length
            yield length_insight(sequences.lengths(), sequences.cut_count(), limit, split)

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        texts, references = _texts(scored), self._references(scored.table)
        compared, sequences = self._compared(scored), self._sequences(scored.table, None)
        inputs = cells(scored.table, self.settings.dataset.text_column)
        scores = {} if compared is None else dict(zip(compared.rows, compared.scores, strict=True))
        for position, (row, text, written) in enumerate(zip(scored.row_numbers(), inputs, texts, strict=True)):
            reference = None if references is None else references[position]
            source = TextBlock(name=self.settings.dataset.text_column, text=text, is_cut=sequences.is_cut(position))
            written_text, true_text = _compared_texts(written, reference)
            view = SampleView(
                row=row,
                title=title_of(text),
                truth=true_text,
                prediction=written_text,
                loss=scored.loss_of(position),
                scores={NAMES[self.settings.prediction.metric]: scores[row]} if row in scores else {},
                texts=(shown(source),),
            )
            yield SampleRow(view, correct=None if reference is None else written.strip() == reference.strip())

    def batch_pictures(self, batch: PairBatch, table: pd.DataFrame) -> Iterator[BatchPicture]:
        """The tokens that are read, and those to be written."""
        rows, texts = row_numbers(table), cells(table, self.settings.dataset.text_column)
        for position, row in enumerate(batch.rows):
            parts = {"read": batch.ids[position][batch.mask[position] == 1].tolist()}
            if batch.targets is not None:
                parts["to write"] = batch.targets[position][batch.targets[position] != IGNORED].tolist()
            blocks = tuple(
                TextBlock(name=f"{len(ids)} tokens {what}", text=self.tokenizer.readable(ids))
                for what, ids in parts.items()
            )
            yield BatchPicture(None, SampleView(row=rows[row], title=title_of(texts[row]), texts=blocks))

    def _sequences(self, table: pd.DataFrame, media: Media | None) -> TextSequences:
        settings = self.settings
        return TextSequences(
            table,
            [settings.dataset.text_column],
            self.tokenizer,
            settings.tokenizer.max_length,
            cache=media.cache if media else None,
        )

    def _references(self, table: pd.DataFrame) -> list[str | None] | None:
        """The text to write of every row, None where there is none; None without the column."""
        if not self.has_truth(table):
            return None
        return [text or None for text in cells(table, self.settings.dataset.label_columns)]

    def _known(self, scored: ScoredTable) -> Known | None:
        """The rows whose text to write is known, with what was written; None without the column."""
        references = self._references(scored.table)
        if references is None:
            return None
        every = zip(_texts(scored), references, scored.row_numbers(), strict=True)
        known = [(text, reference, row) for text, reference, row in every if reference is not None]
        return Known([one[0] for one in known], [one[1] for one in known], [one[2] for one in known])

    def _compared(self, scored: ScoredTable) -> Generated | None:
        """The same with the score of each text alone, which takes its time."""
        known, name = self._known(scored), self.settings.prediction.metric
        if known is None:
            return None
        return Generated(*known, text_scores(name, known.texts, known.references), name)

    def _targets(self, table: pd.DataFrame, media: Media | None) -> list[NDArray[np.int32] | None] | None:
        """Tokens to write, with those that a text begins and ends with; None for a row without a text."""
        references = self._references(table)
        if references is None:
            return None
        encoded, (before, behind) = self._encoded([one or "" for one in references], media), self._frame
        return [
            np.array([*before, *encoded[position].tolist(), *behind], dtype=np.int32) if reference else None
            for position, reference in enumerate(references)
        ]

    def _encoded(self, texts: Sequence[str], media: Media | None) -> EncodedTexts:
        before, behind = self._frame
        room = max(1, self.settings.tokenizer.label_max_length - len(before) - len(behind))
        return encode_texts(self.tokenizer, texts, room, media.cache if media else None)

    def _cut_targets(self, table: pd.DataFrame) -> int:
        references = self._references(table)
        return 0 if references is None else int(self._encoded([one or "" for one in references], None).is_cut.sum())

    @property
    def _frame(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What texts to write begin and end with. The decoder of a pair starts with [CLS] anyway."""
        last = self.tokenizer.special.last
        if is_pair(config_of(self.assets)):
            return (), () if last is None else (last,)
        return self.tokenizer.prefix, self.tokenizer.suffix


def _token_losses(logits_BTV: Tensor, targets_BT: Tensor) -> Tensor:
    """Cross-entropy of each token to write (B, T), 0 behind the end."""
    return functional.cross_entropy(logits_BTV.transpose(1, 2), targets_BT, ignore_index=IGNORED, reduction="none")


def _texts(scored: ScoredTable) -> list[str]:
    return [str(raw[TEXT]) for raw in scored.raw]


def _compared_texts(written: str, reference: str | None) -> tuple[TextAnnotation, TextAnnotation | None]:
    """The written text and the reference, with what differs marked in both."""
    if reference is None:
        return shown_text(written, ()), None
    inserted, missing = differences(written, reference)
    return shown_text(written, inserted), shown_text(reference, missing)
