"""SpanTask: the pieces of a text that answer a question, the likeliest first."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from studio.datasets.texts.answer_checks import CONTEXT_BLOCK
from studio.datasets.texts.span_alignment import find_answer
from studio.datasets.texts.text_views import shown_spans
from studio.modeling.composed_recipe import ShownRow, Task
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import Note, SampleRow, Split, Target
from studio.modeling.row_statistics import RowMeans, RowStatistics
from studio.modeling.span_prediction.answers import Answer, Window, best_answers
from studio.modeling.span_prediction.insights import span_insights
from studio.modeling.span_prediction.metrics import Answered, f1, is_exact, jaccard, row_values, span_metrics
from studio.modeling.text.tokens.sequences import cells, text_of
from studio.modeling.text.tokens.windows import Span
from studio.results.insight import Insight
from studio.results.sample_view import Match, SampleView, SpanAnnotation, TextSpan
from studio.settings.schema import SettingsSchema

KIND = "span prediction"
LONGEST = "longest_answer"
MAY_BE_EMPTY = "may_have_no_answer"
LEAST_LONGEST = 200
"""Characters that an answer may always have."""
NO_PLACE = -1
"""Start and end of an empty answer."""


class SpanTask(Task):
    """Answers by their places in a context."""

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """How long answers are, and whether there may be none."""
        answers = cells(table, str(settings.value("dataset.answer_column")))
        longest = max((len(answer) for answer in answers), default=0)
        facts = {LONGEST: max(LEAST_LONGEST, 2 * longest), MAY_BE_EMPTY: not all(answers)}
        return Target(KIND, facts=facts)

    def has_truth(self, table: pd.DataFrame) -> bool:
        """Where every training question has an answer, a table without any does not know them."""
        column = self.settings.dataset.answer_column
        return column in table.columns and (bool(self.target.facts[MAY_BE_EMPTY]) or any(cells(table, column)))

    def targets_of(self, table: pd.DataFrame) -> list[Span | None] | None:
        """Where every answer stands; None for one that is not in its context, and without the column."""
        dataset = self.settings.dataset
        if not self.has_truth(table):
            return None
        starts: list[Any] = [None] * len(table)
        if dataset.answer_start_column in table.columns:
            starts = list(table[dataset.answer_start_column])
        texts = zip(cells(table, dataset.context_column), cells(table, dataset.answer_column), starts, strict=True)
        return [_span(context, answer, start) for context, answer, start in texts]

    def truth_view(self, target: Span) -> SpanAnnotation:
        """The answer in a stretch of the context."""
        return SpanAnnotation(
            spans=(TextSpan(start=target.start, end=target.end),) if target.end > target.start else ()
        )

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """Whether there may be no answer, and which answers are nowhere."""
        if self.target.facts[MAY_BE_EMPTY]:
            yield Note("info", "Some training questions have no answer: the model can predict no answer.")
        for name, table in (("validation", validation), ("test", test)):
            targets = None if table is None or table.empty else self.targets_of(table)
            if lost := sum(one is None for one in targets or ()):
                text = f"{lost} {name} answers do not occur in their context; they have no loss and count as wrong."
                yield Note("warning", text)

    def raw(self, context: str, windows: Sequence[Window]) -> Raw:
        """The likeliest answers of one row from what the model says about its windows."""
        facts = self.target.facts
        longest, may_be_empty = int(facts[LONGEST]), bool(facts[MAY_BE_EMPTY])
        answers = best_answers(context, windows, self._count, longest=longest, may_be_empty=may_be_empty)
        return {
            "answers": np.array([one.text for one in answers], dtype=np.str_),
            "scores": np.array([one.score for one in answers], dtype=np.float64),
            "starts": np.array([one.start if one.text else NO_PLACE for one in answers], dtype=np.int64),
            "ends": np.array([one.end if one.text else NO_PLACE for one in answers], dtype=np.int64),
        }

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """The likeliest answers, each with its probability and its place in characters; empty where there is none."""
        columns: dict[str, list[Any]] = {}
        for number in range(self._count):
            found = [_answer(raw, number) for raw in scored.raw]
            columns[f"pred_answer_{number + 1}"] = [one.text for one in found]
            columns[f"pred_score_{number + 1}"] = [one.score for one in found]
            columns[f"pred_start_{number + 1}"] = [one.start for one in found]
            columns[f"pred_end_{number + 1}"] = [one.end for one in found]
        return pd.DataFrame(columns, index=scored.table.index)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        answered = self._answered(scored)
        return {} if answered is None else span_metrics(answered)

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        answered = self._answered(scored)
        return None if answered is None else RowMeans(row_values(answered))

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        answered = self._answered(scored)
        if answered is not None:
            yield from span_insights(answered, cells(scored.table, self.settings.dataset.context_column), split)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        answered, truth = self._answered(scored), self.targets_of(scored.table)
        for position, (row, one) in enumerate(zip(scored.row_numbers(), shown, strict=True)):
            found = [_answer(scored.raw[position], number) for number in range(self._count)]
            known = None if answered is None else answered[position]
            answer = None if known is None else known.truth
            view = SampleView(
                row=row,
                truth=None if answer is None else _true_answer(answer, truth[position] if truth else None, found[0]),
                prediction=_predicted_answers(found, answer),
                loss=scored.loss_of(position),
                scores={} if known is None else _scores(known),
                **one.view,
            )
            yield SampleRow(
                view,
                truth="" if known is None else known.truth,
                prediction=found[0].text,
                correct=None if known is None else is_exact(known.truth, found[0].text),
                confidence=found[0].score,
            )

    @property
    def _count(self) -> int:
        return int(self.settings.dataset.number_of_predicted_answers)

    def _answered(self, scored: ScoredTable) -> list[Answered] | None:
        if not self.has_truth(scored.table):
            return None
        truth = cells(scored.table, self.settings.dataset.answer_column)
        answers = [[str(text) for text in raw["answers"]] for raw in scored.raw]
        return [Answered(one, found) for one, found in zip(truth, answers, strict=True)]


def _answer(raw: Raw, number: int) -> Answer:
    """One of the answers of a row; an empty one without probability where there are fewer."""
    if number >= len(raw["answers"]):
        return Answer("", NO_PLACE, NO_PLACE, 0.0)
    start, end = int(raw["starts"][number]), int(raw["ends"][number])
    return Answer(str(raw["answers"][number]), start, end, float(raw["scores"][number]))


def _span(context: str, answer: str, start: Any) -> Span | None:
    if not answer:
        return Span(0, 0)
    digits = text_of(start)
    place = find_answer(context, answer, int(float(digits)) if digits else None)
    return None if place is None else Span(place.start, place.start + len(place.text))


def _scores(answered: Answered) -> dict[str, float]:
    return {"Jaccard": jaccard(answered.truth, answered.first), "F1": f1(answered.truth, answered.first)}


def _true_answer(answer: str, place: Span | None, first: Answer) -> SpanAnnotation:
    """The true answer, where it stands in the context."""
    if place is None or place.end == place.start:
        return SpanAnnotation(answer=answer)
    match: Match = "correct" if is_exact(answer, first.text) else "false_negative"
    span = TextSpan(block=CONTEXT_BLOCK, start=place.start, end=place.end, match=match)
    return SpanAnnotation(spans=shown_spans([span]), answer=answer)


def _predicted_answers(found: Sequence[Answer], answer: str | None) -> SpanAnnotation:
    """The first answer, and the places of all with their rank."""
    spans = []
    for rank, one in enumerate(found, start=1):
        if one.end > one.start:
            match: Match | None = None
            if answer is not None:
                match = "correct" if is_exact(answer, one.text) else "false_positive"
            label = "" if rank == 1 else f"answer {rank}"
            spans.append(
                TextSpan(block=CONTEXT_BLOCK, start=one.start, end=one.end, label=label, score=one.score, match=match)
            )
    return SpanAnnotation(spans=shown_spans(spans), answer=found[0].text)
