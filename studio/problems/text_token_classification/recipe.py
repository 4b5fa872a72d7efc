"""How to train and score token classification.

Shapes: N windows, L length, W words, K tags.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from studio.datasets.texts.bio_tags import OUTSIDE, Entity, entities, words_of
from studio.datasets.texts.text_views import shown, shown_spans
from studio.errors import DatasetError
from studio.modeling.predictions import Raw, ScoredTable, row_numbers
from studio.modeling.recipe import (
    BatchPicture,
    ClassRows,
    Media,
    Note,
    SampleRow,
    Samples,
    Scored,
    Split,
    Target,
)
from studio.modeling.text.recipe import TextRecipe
from studio.modeling.text.tokens.lengths import length_insight
from studio.modeling.text.tokens.sequences import title_of
from studio.modeling.text.tokens.windows import in_portions
from studio.modeling.token_classification.insights import Tagged, token_insights
from studio.modeling.token_classification.metrics import token_metrics
from studio.modeling.weights import WeightsFile
from studio.problems.text_token_classification.entity_spans import entity_spans
from studio.problems.text_token_classification.model import TokenClassifier
from studio.problems.text_token_classification.samples import IGNORED, Item, TaggedBatch, TaggedSamples, batch_of
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, SpanAnnotation, TextBlock
from studio.settings.schema import SettingsSchema

PROBABILITIES = "probabilities"
TASK = "token classification"


class TextTokenClassificationRecipe(TextRecipe[TaggedBatch]):
    """A transformer with a linear layer on the first token of every word."""

    raw_format = "parquet"

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """Raises DatasetError if no row has tags."""
        tags = {tag for cell in table[str(settings.value("dataset.label_columns"))] for tag in words_of(cell)}
        if not tags:
            raise DatasetError(
                "No training row has tags.",
                hint="Choose the column with a list of tags.",
                code="no_labels",
                found="no tag",
                expected="a list of tags in every row",
            )
        return Target(TASK, tuple(sorted(tags, key=lambda tag: (tag != OUTSIDE, tag))))

    @classmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        return (" ".join(words_of(cell)) for cell in table[str(settings.value("dataset.text_column"))])

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.settings.dataset.label_columns in table.columns

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield Note("info", f"Tags {', '.join(self.target.labels[:50])}.")
        for name, table in (("validation", validation), ("test", test)):
            if table is None or table.empty:
                continue
            unseen = Counter(tag for tags in self._truth(table) or () for tag in tags or ())
            listed = ", ".join(f"{tag} ({count})" for tag, count in unseen.items() if tag not in self.target.labels)
            if listed:
                yield Note("warning", f"The {name} rows hold tags unseen in training; they count as missed: {listed}.")
            windows = self._samples(table, training=False).window_count
            if windows > len(table):
                yield Note("info", f"{len(table)} {name} rows are read in {windows} windows; every word gets a tag.")

    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        return self._samples(table, training=training)

    def collate(self, items: Sequence[Item]) -> TaggedBatch:
        return batch_of(items, self.tokenizer.special.pad)

    def model(self, weights: WeightsFile | None) -> nn.Module:
        return TokenClassifier(self.settings.architecture, self.assets, len(self.target.labels), weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, TokenClassifier)
        return {"Backbone": list(model.backbone.parameters()), "Head": list(model.head.parameters())}

    def class_rows(self, model: nn.Module) -> Mapping[str, ClassRows]:
        return {"head.weight": ClassRows(), "head.bias": ClassRows()}

    def loss(self, model: nn.Module, batch: TaggedBatch) -> Tensor:
        """The mean over the words, not over the rows: a word of a long text counts as much as one of a short."""
        assert batch.targets is not None
        losses = self._token_losses(model(batch.ids, batch.mask), batch.targets)
        count = (batch.targets != IGNORED).sum()
        return losses.sum() / count.clamp(min=1)

    def score(self, model: nn.Module, batch: TaggedBatch) -> Scored:
        logits = in_portions(model, int(self.settings.training.batch_size), batch.ids, batch.mask).float()
        probabilities = torch.softmax(logits, dim=-1).cpu().numpy()
        losses = None if batch.targets is None else self._token_losses(logits, batch.targets).cpu().numpy()
        raw: list[Raw] = []
        of_rows = np.full(len(batch), np.nan)
        first = 0
        for position, windows in enumerate(batch.windows):
            numbers = range(first, first + len(windows))
            pairs = list(zip(numbers, windows, strict=True))
            raw.append({PROBABILITIES: np.concatenate([probabilities[number, one.starts] for number, one in pairs])})
            if losses is not None and batch.targets is not None:
                known = batch.targets[first : first + len(windows)].cpu().numpy() != IGNORED
                if known.any():
                    of_rows[position] = losses[first : first + len(windows)][known].mean()
            first += len(windows)
        return Scored(raw, None if losses is None else of_rows)

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """Lists: the tags, the probability of each, and the entities they make, with words counted from 0."""
        tags = [self._tags(raw) for raw in scored.raw]
        found: dict[str, list[list[Any]]] = {
            "pred_label": tags,
            "pred_probability": [raw[PROBABILITIES].max(1, initial=0).astype(float).tolist() for raw in scored.raw],
            "pred_spans": [
                [_span(words, one) for one in entities(answer)]
                for words, answer in zip(self._words(scored.table), tags, strict=True)
            ],
        }
        index = scored.table.index
        return pd.DataFrame({name: pd.Series(cells, dtype=object, index=index) for name, cells in found.items()})

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        tagged = self._tagged(scored)
        return {} if tagged is None else token_metrics(tagged.truth, tagged.predicted)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        tagged = self._tagged(scored)
        if tagged is not None:
            yield from token_insights(tagged, split)
        if len(scored):
            counts = self._samples(scored.table, training=False).token_counts
            # Longer rows are read in windows, so nothing is cut.
            yield length_insight(counts, 0, self.settings.tokenizer.max_length, split)

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        truth = self._truth(scored.table) or [None] * len(scored)
        rows = zip(scored.row_numbers(), self._words(scored.table), truth, scored.raw, strict=True)
        for position, (row, words, tags, raw) in enumerate(rows):
            answer, sureness = self._tags(raw), raw[PROBABILITIES].max(1, initial=0)
            true, found = entity_spans(words, tags, answer, sureness, self._ignored)
            text = " ".join(words)
            block = shown(TextBlock(name=self.settings.dataset.text_column, text=text))
            view = SampleView(
                row=row,
                title=title_of(text),
                truth=None if tags is None else SpanAnnotation(spans=shown_spans(true)),
                prediction=SpanAnnotation(spans=shown_spans(found)),
                texts=(block,),
                loss=scored.loss_of(position),
            )
            yield SampleRow(
                view,
                correct=None if tags is None else answer == tags,
                confidence=float(sureness.min()) if len(sureness) else None,
            )

    def batch_pictures(self, batch: TaggedBatch, table: pd.DataFrame) -> Iterator[BatchPicture]:
        """The words that a window answers for with their tags, and the tokens as they go in."""
        rows, words, truth = row_numbers(table), self._words(table), self._truth(table)
        number = 0
        for row, windows in zip(batch.rows, batch.windows, strict=True):
            for window in windows:
                part = slice(*window.words)
                tags = known[part] if truth is not None and (known := truth[row]) is not None else None
                true, _ = entity_spans(words[row][part], tags or (), None, None, self._ignored)
                count = int(batch.mask[number].sum())
                text = " ".join(words[row][part])
                blocks = (
                    TextBlock(name="Words with their tags", text=text),
                    TextBlock(name=f"{count} tokens", text=self.tokenizer.readable(batch.ids[number, :count].tolist())),
                )
                annotation = None if tags is None else SpanAnnotation(spans=true)
                view = SampleView(row=rows[row], title=title_of(text), texts=blocks, truth=annotation)
                yield BatchPicture(None, view)
                number += 1

    @property
    def _ignored(self) -> frozenset[str]:
        """Tags that are not marked."""
        return frozenset(one.strip() for one in self.settings.logging.ignore_classes.split(","))

    def _samples(self, table: pd.DataFrame, *, training: bool) -> TaggedSamples:
        settings, truth = self.settings, self._truth(table)
        return TaggedSamples(
            self._words(table),
            None if truth is None else [self._numbers(tags) for tags in truth],
            self.tokenizer,
            settings.tokenizer.max_length,
            training=training,
            mask_probability=settings.augmentation.token_mask_probability if training else 0.0,
            by_length=settings.tokenizer.batches_by_length,
        )

    def _words(self, table: pd.DataFrame) -> list[list[str]]:
        return [words_of(cell) for cell in table[self.settings.dataset.text_column]]

    def _truth(self, table: pd.DataFrame) -> list[list[str] | None] | None:
        """The tags of every row; None for a row that has not one for each word, and without the column."""
        if not self.has_truth(table):
            return None
        cells = zip(self._words(table), table[self.settings.dataset.label_columns], strict=True)
        return [tags if len(tags := words_of(cell)) == len(words) else None for words, cell in cells]

    def _numbers(self, tags: Sequence[str] | None) -> NDArray[np.int64] | None:
        """Tags as the model's outputs; those that training has not seen are ignored."""
        if tags is None:
            return None
        index = {label: number for number, label in enumerate(self.target.labels)}
        return np.array([index.get(tag, IGNORED) for tag in tags], dtype=np.int64)

    def _tags(self, raw: Raw) -> list[str]:
        return [self.target.labels[number] for number in raw[PROBABILITIES].argmax(1)]

    def _tagged(self, scored: ScoredTable) -> Tagged | None:
        """The rows whose tags are known."""
        truth = self._truth(scored.table)
        if truth is None:
            return None
        known = [(tags, position) for position, tags in enumerate(truth) if tags is not None]
        rows = scored.row_numbers()
        return Tagged(
            [tags for tags, _ in known],
            [self._tags(scored.raw[position]) for _, position in known],
            [rows[position] for _, position in known],
        )

    def _token_losses(self, logits_NLK: Tensor, targets_NL: Tensor) -> Tensor:
        """Cross-entropy of each token (N, L), 0 where it is ignored."""
        return functional.cross_entropy(
            logits_NLK.float().transpose(1, 2), targets_NL, ignore_index=IGNORED, reduction="none"
        )


def _span(words: Sequence[str], entity: Entity) -> dict[str, str | int]:
    text = " ".join(words[entity.start : entity.end])
    return {"label": entity.label, "text": text, "start": entity.start, "end": entity.end}
