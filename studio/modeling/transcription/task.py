"""TranscriptionTask: what is said in every row, whatever it is heard by."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from studio.datasets.texts.text_views import shown_text
from studio.modeling.composed_recipe import ShownRow
from studio.modeling.metric_by_column import MeasuredRows
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import SampleRow, Split, Target
from studio.modeling.reference_task import ReferenceTask
from studio.modeling.row_statistics import RowStatistics
from studio.modeling.speech.trust import COMPRESSION_RATIO, MEAN_LOG_PROBABILITY, MOST_COMPRESSION, TRUST, doubts
from studio.modeling.transcription.alignment import total
from studio.modeling.transcription.compared import Compared
from studio.modeling.transcription.insights import transcription_insights
from studio.modeling.transcription.normalization import normalizer_of
from studio.modeling.transcription.row_statistics import TranscriptStatistics
from studio.modeling.transcription.shown_words import aligned_words
from studio.modeling.transcription.transcripts import Transcript
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, TranscriptAnnotation

SURE = -0.3
"""Mean log probability above which a transcript is learned from without a label."""


class TranscriptionTask(ReferenceTask):
    """Transcripts against their references."""

    kind = "transcription"

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.normalize = normalizer_of(settings)

    def truth_view(self, target: Any) -> None:
        """Pages show the tokens to write as a text."""

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        transcripts = _transcripts(scored)
        texts = [one.text for one in transcripts]
        columns: dict[str, Any] = {"pred_text": texts}
        if self.settings.prediction.normalize_text:
            columns["pred_text_normalized"] = [self.normalize(text) for text in texts]
        for name in TRUST:
            if transcripts and name in transcripts[0].trust:
                columns[f"pred_{name}"] = [one.trust[name] for one in transcripts]
        return pd.DataFrame(columns, index=scored.table.index)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        compared = self._compared(scored)
        return {} if compared is None else compared.metrics

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        compared = self._compared(scored)
        return None if compared is None else TranscriptStatistics(compared.words, compared.characters)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        compared = self._compared(scored)
        if compared is not None and compared.positions:
            yield from transcription_insights(compared, split)

    def measured_rows(self, scored: ScoredTable) -> MeasuredRows | None:
        compared = self._compared(scored)
        if compared is None:
            return None
        errors = {"WER": compared.words, "CER": compared.characters}[self.settings.prediction.metric]
        known = scored.table.iloc[list(compared.positions)]
        return MeasuredRows(known, lambda rows: total([errors[row] for row in rows]).rate)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        references, compared = self.targets_of(scored.table), self._compared(scored)
        places = {} if compared is None else {position: place for place, position in enumerate(compared.positions)}
        limit = float(self.settings.prediction.duration_in_visualizations)
        rows = zip(scored.row_numbers(), _transcripts(scored), shown, strict=True)
        for position, (row, transcript, one) in enumerate(rows):
            reference = None if references is None else references[position]
            scores, is_right = {}, None
            if compared is not None and position in places:
                words, characters = compared.words[places[position]], compared.characters[places[position]]
                scores, is_right = {"WER": words.rate, "CER": characters.rate}, words.rate == 0
            view = SampleView(
                row=row,
                truth=None if reference is None else shown_text(reference, ()),
                prediction=TranscriptAnnotation(
                    text=shown_text(transcript.text, ()).text,
                    words=tuple(aligned_words(transcript, reference, self._key, limit)),
                    shown_seconds=limit if transcript.seconds > limit else None,
                ),
                loss=scored.loss_of(position),
                scores=scores,
                note=_note(transcript),
                **one.view,
            )
            confidence = float(np.exp(transcript.trust[MEAN_LOG_PROBABILITY]))
            yield SampleRow(view, correct=is_right, confidence=confidence, error=scores.get("WER"))

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """Transcripts that the model is sure of and that do not repeat themselves."""
        transcripts = _transcripts(scored)
        is_sure = [
            bool(one.text)
            and one.trust[MEAN_LOG_PROBABILITY] > SURE
            and one.trust.get(COMPRESSION_RATIO, 0.0) < MOST_COMPRESSION
            for one in transcripts
        ]
        labeled = scored.table.assign(**{self.settings.dataset.label_columns: [one.text for one in transcripts]})
        return labeled[np.array(is_sure, dtype=bool)]

    def _key(self, word: str) -> str:
        return self.normalize(word)

    def _compared(self, scored: ScoredTable) -> Compared | None:
        """The rows whose transcript is known; None without the column."""
        references = self.targets_of(scored.table)
        if references is None:
            return None
        every = enumerate(zip(_transcripts(scored), references, strict=True))
        known = [(place, one, reference) for place, (one, reference) in every if reference is not None]
        return Compared(
            transcripts=[one for _, one, _ in known],
            texts=[self.normalize(one.text) for _, one, _ in known],
            references=[self.normalize(reference) for _, _, reference in known],
            positions=[place for place, _, _ in known],
            table=scored.table,
        )


def _transcripts(scored: ScoredTable) -> list[Transcript]:
    return [Transcript.from_raw(raw) for raw in scored.raw]


def _note(transcript: Transcript) -> str:
    found = list(doubts(transcript.trust))
    return f"Doubtful transcript: {', '.join(found)}." if found else ""
