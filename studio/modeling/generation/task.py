"""GenerationTask: a text to write for every row, whatever it is written from."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from studio.datasets.texts.text_views import shown_text
from studio.modeling.composed_recipe import ShownRow
from studio.modeling.generation.insights import NAMES, Generated, generation_insights
from studio.modeling.generation.metrics import generation_metrics, text_scores
from studio.modeling.generation.row_statistics import TextStatistics
from studio.modeling.generation.text_diff import differences
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import SampleRow, Split
from studio.modeling.reference_task import ReferenceTask
from studio.modeling.row_statistics import RowStatistics
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, TextAnnotation

TEXT = "text"
"""The name of the raw output."""


class Known(NamedTuple):
    """Written texts beside their references, and their source rows."""

    texts: list[str]
    references: list[str]
    rows: list[int]


class GenerationTask(ReferenceTask):
    """Written texts against their references."""

    kind = "sequence to sequence"

    def truth_view(self, target: Any) -> None:
        """Pages show the tokens to write beside those that are read."""

    def raw(self, texts: Sequence[str]) -> list[Raw]:
        """Written texts as raw predictions."""
        return [{TEXT: np.array(text, dtype=np.str_)} for text in texts]

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return pd.DataFrame({"pred_text": _texts(scored)}, index=scored.table.index)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        known = self._known(scored)
        return {} if known is None else generation_metrics(known.texts, known.references)

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        known = self._known(scored)
        return None if known is None else TextStatistics(known.texts, known.references)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        compared = self._compared(scored)
        if compared is not None:
            yield from generation_insights(compared, split)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        references, compared = self.targets_of(scored.table), self._compared(scored)
        scores = {} if compared is None else dict(zip(compared.rows, compared.scores, strict=True))
        rows = zip(scored.row_numbers(), _texts(scored), shown, strict=True)
        for position, (row, written, one) in enumerate(rows):
            reference = None if references is None else references[position]
            written_text, true_text = _compared_texts(written, reference)
            view = SampleView(
                row=row,
                truth=true_text,
                prediction=written_text,
                loss=scored.loss_of(position),
                scores={NAMES[self.settings.prediction.metric]: scores[row]} if row in scores else {},
                **one.view,
            )
            yield SampleRow(view, correct=None if reference is None else written.strip() == reference.strip())

    def _known(self, scored: ScoredTable) -> Known | None:
        """The rows whose text to write is known, with what was written; None without the column."""
        references = self.targets_of(scored.table)
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


def _texts(scored: ScoredTable) -> list[str]:
    return [str(raw[TEXT]) for raw in scored.raw]


def _compared_texts(written: str, reference: str | None) -> tuple[TextAnnotation, TextAnnotation | None]:
    """The written text and the reference, with what differs marked in both."""
    if reference is None:
        return shown_text(written, ()), None
    inserted, missing = differences(written, reference)
    return shown_text(written, inserted), shown_text(reference, missing)
