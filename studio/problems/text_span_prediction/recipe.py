"""How to train and score span prediction.

Shapes: N windows, L length.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.datasets.texts.span_alignment import find_answer
from studio.datasets.texts.text_views import shown, shown_spans
from studio.modeling.predictions import Raw, ScoredTable, row_numbers
from studio.modeling.recipe import BatchPicture, Media, Note, SampleRow, Samples, Scored, Split, Target
from studio.modeling.span_prediction.answers import Answer, best_answers
from studio.modeling.span_prediction.answers import Window as Said
from studio.modeling.span_prediction.insights import span_insights, window_insight
from studio.modeling.span_prediction.metrics import Answered, f1, is_exact, jaccard, span_metrics
from studio.modeling.text.recipe import TextRecipe
from studio.modeling.text.tokens.sequences import cells, text_of, title_of
from studio.modeling.text.tokens.windows import in_portions
from studio.modeling.weights import WeightsFile
from studio.problems.text_span_prediction.answer_checks import CONTEXT_BLOCK
from studio.problems.text_span_prediction.model import QuestionAnswerer
from studio.problems.text_span_prediction.samples import (
    IGNORED,
    Item,
    QuestionBatch,
    QuestionSamples,
    Span,
    Window,
    batch_of,
)
from studio.results.insight import Insight
from studio.results.sample_view import Match, SampleView, SpanAnnotation, TextBlock, TextSpan
from studio.settings.schema import SettingsSchema

TASK = "span prediction"
LONGEST = "longest_answer"
MAY_BE_EMPTY = "may_have_no_answer"
LEAST_LONGEST = 200
"""Characters that an answer may always have."""
NO_PLACE = -1
"""Start and end of an empty answer."""


class TextSpanPredictionRecipe(TextRecipe[QuestionBatch]):
    """A question-answering transformer that reads long contexts in overlapping windows."""

    raw_format = "parquet"
    raw_is_set = True

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """How long answers are, and whether there may be none."""
        answers = cells(table, str(settings.value("dataset.answer_column")))
        longest = max((len(answer) for answer in answers), default=0)
        facts = {LONGEST: max(LEAST_LONGEST, 2 * longest), MAY_BE_EMPTY: not all(answers)}
        return Target(TASK, facts=facts)

    @classmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        yield from cells(table, str(settings.value("dataset.question_column")))
        yield from dict.fromkeys(cells(table, str(settings.value("dataset.context_column"))))

    def has_truth(self, table: pd.DataFrame) -> bool:
        """Where every training question has an answer, a table without any does not know them."""
        column = self.settings.dataset.answer_column
        return column in table.columns and (bool(self.target.facts[MAY_BE_EMPTY]) or any(cells(table, column)))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        if self.target.facts[MAY_BE_EMPTY]:
            yield Note("info", "Some training questions have no answer: the model may say so.")
        for name, table in (("validation", validation), ("test", test)):
            if table is None or table.empty:
                continue
            lost = sum(one is None for one in self._truth(table) or ())
            if lost:
                text = f"{lost} {name} answers do not stand in their context; they have no loss and count as missed."
                yield Note("warning", text)
            samples = self._samples(table, training=False)
            if cut := samples.cut_count():
                text = f"{cut} of {len(table)} {name} questions have more than {samples.question_room} tokens"
                yield Note("warning", f"{text} and are cut at the end: half of Max length is for the context.")
            yield Note("info", f"{len(table)} {name} contexts are read in {sum(samples.window_counts)} windows.")

    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        return self._samples(table, training=training)

    def collate(self, items: Sequence[Item]) -> QuestionBatch:
        return batch_of(items, self.tokenizer.special.pad)

    def model(self, weights: WeightsFile | None) -> nn.Module:
        return QuestionAnswerer(self.settings.architecture, self.assets, weights)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, QuestionAnswerer)
        return {"Backbone": model.body(), "qa_outputs": model.head()}

    def loss(self, model: nn.Module, batch: QuestionBatch) -> Tensor:
        assert batch.targets is not None
        losses = _losses(model(batch.ids, batch.mask, batch.types), batch.allowed, batch.targets)
        known = batch.targets[:, 0] != IGNORED
        return torch.where(known, losses, 0.0).sum() / known.sum().clamp(min=1)

    def score(self, model: nn.Module, batch: QuestionBatch) -> Scored:
        logits = in_portions(model, int(self.settings.training.batch_size), batch.ids, batch.mask, batch.types)
        losses = None
        if batch.targets is not None:
            losses = _losses(logits, batch.allowed, batch.targets).cpu().numpy()
        raw: list[Raw] = []
        of_rows = np.full(len(batch), np.nan)
        first = 0
        for position, (windows, context) in enumerate(zip(batch.windows, batch.contexts, strict=True)):
            part = slice(first, first + len(windows))
            said = [
                Said(one[: len(window.ids), 0], one[: len(window.ids), 1], window.offsets, window.nowhere)
                for window, one in zip(windows, logits[part].cpu().numpy(), strict=True)
            ]
            raw.append(_raw(self._answers(context, said)))
            if losses is not None:
                of_rows[position] = losses[part].mean()
            first += len(windows)
        return Scored(raw, None if losses is None else of_rows)

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

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        answered = self._answered(scored)
        if answered is not None:
            contexts = cells(scored.table, self.settings.dataset.context_column)
            yield from span_insights(answered, contexts, split)
            yield window_insight(self._samples(scored.table, training=False).window_counts, split)

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        dataset, answered, truth = self.settings.dataset, self._answered(scored), self._truth(scored.table)
        texts = zip(
            scored.row_numbers(),
            cells(scored.table, dataset.question_column),
            cells(scored.table, dataset.context_column),
            strict=True,
        )
        for position, (row, question, context) in enumerate(texts):
            found = [_answer(scored.raw[position], number) for number in range(self._count)]
            known = None if answered is None else answered[position]
            answer = None if known is None else known.truth
            view = SampleView(
                row=row,
                title=title_of(question),
                truth=None if answer is None else _true_answer(answer, truth[position] if truth else None, found[0]),
                prediction=_predicted_answers(found, answer),
                loss=scored.loss_of(position),
                scores={} if known is None else _scores(known),
                texts=(
                    shown(TextBlock(name="Question", text=question)),
                    shown(TextBlock(name="Context", text=context)),
                ),
            )
            yield SampleRow(
                view,
                truth="" if known is None else known.truth,
                prediction=found[0].text,
                correct=None if known is None else is_exact(known.truth, found[0].text),
                confidence=found[0].score,
            )

    def batch_pictures(self, batch: QuestionBatch, table: pd.DataFrame) -> Iterator[BatchPicture]:
        """A window of the context with the answer that it holds, and the tokens as they go in."""
        rows, questions = row_numbers(table), cells(table, self.settings.dataset.question_column)
        number = 0
        for row, windows, context in zip(batch.rows, batch.windows, batch.contexts, strict=True):
            for window in windows:
                target = None if batch.targets is None else batch.targets[number].tolist()
                count = int(batch.mask[number].sum())
                tokens = self.tokenizer.readable(batch.ids[number, :count].tolist())
                block, answer = _window_block(window, context, target)
                view = SampleView(
                    row=rows[row],
                    title=title_of(questions[row]),
                    texts=(block, TextBlock(name=f"{count} tokens", text=tokens)),
                    truth=None if target is None else answer,
                )
                yield BatchPicture(None, view)
                number += 1

    @property
    def _count(self) -> int:
        return int(self.settings.dataset.number_of_predicted_answers)

    def _answers(self, context: str, windows: Sequence[Said]) -> list[Answer]:
        facts = self.target.facts
        return best_answers(
            context, windows, self._count, longest=int(facts[LONGEST]), may_be_empty=bool(facts[MAY_BE_EMPTY])
        )

    def _samples(self, table: pd.DataFrame, *, training: bool) -> QuestionSamples:
        settings = self.settings
        return QuestionSamples(
            cells(table, settings.dataset.question_column),
            cells(table, settings.dataset.context_column),
            self._truth(table),
            self.tokenizer,
            settings.tokenizer.max_length,
            settings.tokenizer.doc_stride,
            training=training,
            mask_probability=settings.augmentation.token_mask_probability if training else 0.0,
            by_length=settings.tokenizer.batches_by_length,
        )

    def _truth(self, table: pd.DataFrame) -> list[Span | None] | None:
        """Where every answer stands; None for one that is not in its context, and without the column."""
        dataset = self.settings.dataset
        if not self.has_truth(table):
            return None
        starts: list[Any] = [None] * len(table)
        if dataset.answer_start_column in table.columns:
            starts = list(table[dataset.answer_start_column])
        texts = zip(cells(table, dataset.context_column), cells(table, dataset.answer_column), starts, strict=True)
        return [_span(context, answer, start) for context, answer, start in texts]

    def _answered(self, scored: ScoredTable) -> list[Answered] | None:
        if not self.has_truth(scored.table):
            return None
        truth = cells(scored.table, self.settings.dataset.answer_column)
        answers = [[str(text) for text in raw["answers"]] for raw in scored.raw]
        return [Answered(one, found) for one, found in zip(truth, answers, strict=True)]


def _losses(logits_NL2: Tensor, allowed_NL: Tensor, targets_N2: Tensor) -> Tensor:
    """The mean cross-entropy of start and end (N); NaN where the answer is not known.

    As in scoring, only tokens of the context and *no answer here* can be chosen.
    """
    logits = logits_NL2.masked_fill(~allowed_NL[..., None], float("-inf"))
    losses = functional.cross_entropy(logits, targets_N2, ignore_index=IGNORED, reduction="none").mean(1)
    return torch.where(targets_N2[:, 0] == IGNORED, torch.nan, losses)


def _raw(answers: Sequence[Answer]) -> Raw:
    return {
        "answers": np.array([one.text for one in answers], dtype=np.str_),
        "scores": np.array([one.score for one in answers], dtype=np.float64),
        "starts": np.array([one.start if one.text else NO_PLACE for one in answers], dtype=np.int64),
        "ends": np.array([one.end if one.text else NO_PLACE for one in answers], dtype=np.int64),
    }


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


def _window_block(window: Window, context: str, target: Sequence[int] | None) -> tuple[TextBlock, SpanAnnotation]:
    """The stretch of the context that a window shows, and the answer if it holds it."""
    places = window.offsets[window.offsets[:, 1] > window.offsets[:, 0]]
    start, end = (int(places[0, 0]), int(places[-1, 1])) if len(places) else (0, 0)
    spans: tuple[TextSpan, ...] = ()
    if target is not None and target[0] >= 0 and target[0] != window.nowhere:
        first, last = int(window.offsets[target[0], 0]), int(window.offsets[target[1], 1])
        spans = (TextSpan(start=first - start, end=last - start),)
    return TextBlock(name="Window of the context", text=context[start:end]), SpanAnnotation(spans=spans)
