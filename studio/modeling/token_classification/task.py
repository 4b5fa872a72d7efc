"""TokenTask: a tag for every word of a row.

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
from studio.datasets.texts.entity_spans import entity_spans
from studio.datasets.texts.text_views import shown_spans
from studio.errors import DatasetError
from studio.modeling.composed_recipe import ShownRow
from studio.modeling.encoder_recipe import EncoderTask
from studio.modeling.linear_probe import fit_linear_probe
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import LabelAlignedRows, Note, SampleRow, Split, Target
from studio.modeling.row_statistics import RowStatistics
from studio.modeling.token_classification.insights import TaggingResults, token_insights
from studio.modeling.token_classification.metrics import token_metrics
from studio.modeling.token_classification.row_statistics import TagStatistics
from studio.modeling.token_targets import IGNORED, WordTargets, mean_token_loss, token_losses
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, SpanAnnotation
from studio.settings.schema import SettingsSchema

PROBABILITIES = "probabilities"
"""The name of the raw output (W, K)."""
KIND = "token classification"


class TokenTask(EncoderTask):
    """Tags, in the order of the model's outputs."""

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.ignored = frozenset(one.strip() for one in settings.logging.ignore_classes.split(","))

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
        return Target(KIND, tuple(sorted(tags, key=lambda tag: (tag != OUTSIDE, tag))))

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
                yield Note(
                    "warning",
                    f"The {name} rows contain tags that do not occur in training; they count as "
                    f"false negatives: {listed}.",
                )

    def targets_of(self, table: pd.DataFrame) -> list[NDArray[np.int64] | None] | None:
        """The number of every word's tag, `IGNORED` for one that training has not seen; None for a row without tags."""
        truth = self._truth(table)
        index = {label: number for number, label in enumerate(self.target.labels)}
        if truth is None:
            return None
        return [
            None if tags is None else np.array([index.get(tag, IGNORED) for tag in tags], dtype=np.int64)
            for tags in truth
        ]

    def truth_view(self, target: WordTargets) -> SpanAnnotation | None:
        """The entities that the tags of some words make; None where no tag is known."""
        words, numbers = target
        if len(words) and (numbers == IGNORED).all():
            return None
        tags = [self.target.labels[number] if number != IGNORED else OUTSIDE for number in numbers]
        return SpanAnnotation(spans=entity_spans(words, tags, None, None, self.ignored)[0])

    def heads(self, features: int) -> Mapping[str, nn.Module]:
        return {"head": nn.Linear(features, len(self.target.labels))}

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, LabelAlignedRows]:
        return {"head.weight": LabelAlignedRows(), "head.bias": LabelAlignedRows()}

    def losses(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """One loss a token (N, L), 0 for those that begin no word or whose tag is not known."""
        return token_losses(outputs_BO, targets_BK)

    def probed(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """One row a word whose tag is known."""
        is_known = targets != IGNORED
        return features[is_known], targets[is_known]

    def fit_heads(self, model: nn.Module, features_NF: Tensor, targets: Tensor, seed: int) -> str:
        head = model.get_submodule("head")
        assert isinstance(head, nn.Linear)

        def losses(outputs_NO: Tensor, targets_N: Tensor) -> Tensor:
            return functional.cross_entropy(outputs_NO, targets_N, reduction="none")

        probe = fit_linear_probe(features_NF, targets, losses, head.out_features, seed=seed)
        probe.put_into(head)
        return probe.describe()

    def loss(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """The mean over the words, not over the rows."""
        return mean_token_loss(outputs_BO, targets_BK)

    def raw(self, views: Sequence[Tensor]) -> list[Raw]:
        """Probabilities (W, K) of each row from the logits of its words."""
        return [{PROBABILITIES: torch.softmax(logits, dim=-1).cpu().numpy()} for logits in views]

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

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        tagged = self._tagged(scored)
        return None if tagged is None else TagStatistics(tagged.truth, tagged.predicted)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        tagged = self._tagged(scored)
        if tagged is not None:
            yield from token_insights(tagged, split)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        truth = self._truth(scored.table) or [None] * len(scored)
        rows = zip(scored.row_numbers(), self._words(scored.table), truth, scored.raw, shown, strict=True)
        for position, (row, words, tags, raw, one) in enumerate(rows):
            answer, sureness = self._tags(raw), raw[PROBABILITIES].max(1, initial=0)
            true, found = entity_spans(words, tags, answer, sureness, self.ignored)
            view = SampleView(
                row=row,
                truth=None if tags is None else SpanAnnotation(spans=shown_spans(true)),
                prediction=SpanAnnotation(spans=shown_spans(found)),
                loss=scored.loss_of(position),
                **one.view,
            )
            yield SampleRow(
                view,
                correct=None if tags is None else answer == tags,
                confidence=float(sureness.min()) if len(sureness) else None,
            )

    def _words(self, table: pd.DataFrame) -> list[list[str]]:
        return [words_of(cell) for cell in table[self.settings.dataset.text_column]]

    def _truth(self, table: pd.DataFrame) -> list[list[str] | None] | None:
        """The tags of every row; None for a row that has not one for each word, and without the column."""
        if not self.has_truth(table):
            return None
        cells = zip(self._words(table), table[self.settings.dataset.label_columns], strict=True)
        return [tags if len(tags := words_of(cell)) == len(words) else None for words, cell in cells]

    def _tags(self, raw: Raw) -> list[str]:
        return [self.target.labels[number] for number in raw[PROBABILITIES].argmax(1)]

    def _tagged(self, scored: ScoredTable) -> TaggingResults | None:
        """The rows whose tags are known."""
        truth = self._truth(scored.table)
        if truth is None:
            return None
        known = [(tags, position) for position, tags in enumerate(truth) if tags is not None]
        rows = scored.row_numbers()
        return TaggingResults(
            [tags for tags, _ in known],
            [self._tags(scored.raw[position]) for _, position in known],
            [rows[position] for _, position in known],
        )


def _span(words: Sequence[str], entity: Entity) -> dict[str, str | int]:
    text = " ".join(words[entity.start : entity.end])
    return {"label": entity.label, "text": text, "start": entity.start, "end": entity.end}
