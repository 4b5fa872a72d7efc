"""QuestionInput: a question with the context that answers it, in windows that overlap where the context is long.

Shapes: N windows, L length.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from studio.datasets.texts.text_views import shown as drawable
from studio.modeling.composed_recipe import ShownRow, TruthView
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import BatchPicture, Media, Note, Split
from studio.modeling.text.tokenized_input import TokenizedInput
from studio.modeling.text.tokens.lengths import window_insight
from studio.modeling.text.tokens.question_windows import (
    QuestionBatch,
    QuestionSamples,
    QuestionWindow,
    question_batch,
)
from studio.modeling.text.tokens.sequences import cells, title_of
from studio.modeling.text.tokens.window_samples import WindowItem
from studio.modeling.text.tokens.windows import Span
from studio.results.insight import Insight
from studio.results.sample_view import SampleView, TextBlock
from studio.settings.schema import SettingsSchema


class QuestionInput(TokenizedInput[QuestionBatch]):
    """Windows of a question with a stretch of its context; the target of a row is a place in the context."""

    @classmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        yield from cells(table, str(settings.value("dataset.question_column")))
        yield from dict.fromkeys(cells(table, str(settings.value("dataset.context_column"))))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        """How many questions are cut, and how many windows contexts take."""
        for name, table in (("validation", validation), ("test", test)):
            if table is None or table.empty:
                continue
            samples = self.questions(table)
            if cut := samples.cut_count():
                text = f"{cut} of {len(table)} {name} questions have more than {samples.question_room} tokens"
                yield Note("warning", f"{text} and are cut at the end: half of Max length is for the context.")
            yield Note("info", f"{len(table)} {name} contexts are read in {sum(samples.window_counts)} windows.")

    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> QuestionSamples:
        return self.questions(table, targets, training=training)

    def questions(self, table: pd.DataFrame, targets: Any | None = None, *, training: bool = False) -> QuestionSamples:
        """The rows as windows."""
        settings = self.settings
        return QuestionSamples(
            cells(table, settings.dataset.question_column),
            cells(table, settings.dataset.context_column),
            targets,
            self.tokenizer,
            settings.tokenizer.max_length,
            settings.tokenizer.doc_stride,
            training=training,
            mask_probability=settings.augmentation.token_mask_probability if training else 0.0,
            by_length=settings.tokenizer.batches_by_length,
        )

    def collate(self, items: Sequence[WindowItem]) -> QuestionBatch:
        return question_batch(items, self.tokenizer.special.pad)

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        dataset = self.settings.dataset
        questions, contexts = cells(scored.table, dataset.question_column), cells(scored.table, dataset.context_column)
        for question, context in zip(questions, contexts, strict=True):
            blocks = (TextBlock(name="Question", text=question), TextBlock(name="Context", text=context))
            yield ShownRow(view={"title": title_of(question), "texts": tuple(map(drawable, blocks))})

    def batch_pictures(
        self, batch: QuestionBatch, table: pd.DataFrame, truth_view: TruthView
    ) -> Iterator[BatchPicture]:
        """A window of the context with the answer that it holds, and the tokens as they go in."""
        rows, questions = row_numbers(table), cells(table, self.settings.dataset.question_column)
        for row, windows, context, places in zip(
            batch.rows, batch.windows, batch.contexts, batch.places(), strict=True
        ):
            for number, window in enumerate(windows, start=places.start):
                start, end = _stretch(window)
                count = int(batch.mask[number].sum())
                truth = None
                if batch.targets is not None:
                    truth = truth_view(_place(window, batch.targets[number].tolist(), start))
                blocks = (
                    TextBlock(name="Window of the context", text=context[start:end]),
                    self.token_block(batch.ids[number, :count].tolist()),
                )
                view = SampleView(row=rows[row], title=title_of(questions[row]), texts=blocks, truth=truth)
                yield BatchPicture(None, view)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        """How many windows contexts take."""
        if len(scored):
            yield window_insight(self.questions(scored.table).window_counts, split)


def _stretch(window: QuestionWindow) -> tuple[int, int]:
    """The characters of the context that a window shows."""
    places = window.offsets[window.offsets[:, 1] > window.offsets[:, 0]]
    return (int(places[0, 0]), int(places[-1, 1])) if len(places) else (0, 0)


def _place(window: QuestionWindow, target: Sequence[int], start: int) -> Span:
    """The answer in the stretch that begins at `start`; empty where the window does not hold it."""
    if target[0] < 0 or target[0] == window.nowhere:
        return Span(0, 0)
    first, last = int(window.offsets[target[0], 0]), int(window.offsets[target[1], 1])
    return Span(first - start, last - start)
