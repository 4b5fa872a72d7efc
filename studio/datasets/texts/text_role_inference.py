"""Guesses about columns of texts: which hold prose, words with tags, questions, or numbers to predict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from studio.datasets.tables.role_inference import RESERVED
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.bio_tags import is_tag, words_of
from studio.datasets.texts.word_counts import word_count
from studio.on_demand import pd

TEXT_WORDS = (
    "text", "sentence", "review", "comment", "content", "body", "message", "utterance", "tweet", "question",
    "description", "title", "headline", "post", "document", "article", "email", "prompt", "input", "source",
)  # fmt: skip
NUMBER_WORDS = (
    "score", "rating", "valence", "arousal", "dominance", "stars", "grade", "price", "similarity", "intensity",
    "toxicity", "readability", "regression",
)  # fmt: skip
TARGET_WORDS = ("summary", "target", "translation", "output", "response", "reply", "highlights", "label", "reference")
TAG_WORDS = ("tag", "tags", "label", "labels", "ner", "pos", "upos")
TRANSCRIPT_WORDS = ("transcript", "transcription", "sentence", "utterance", "text", "words", "normalized")
"""What columns of words that are said are called, beside columns that name recordings."""
QUESTION_WORDS = ("question", "query")
CONTEXT_WORDS = ("context", "passage", "paragraph", "document", "article")
ANSWER_WORDS = ("answer", "answers")
START_WORDS = ("start", "offset", "begin", "position")
MOST_TAGS = 200
LEAST_WORDS = 2.5
LEAST_DISTINCT = 0.05
SAMPLE_ROWS = 500
LEAST_COUNTS = 20
LEAST_COUNTS_SHARE = 0.1
"""Different values of a column of counts: fewer are classes. Where all differ, they number the rows."""


def prose_columns(view: TableView, *, beside_files: bool = False) -> list[str]:
    """Columns of free text, the likeliest name first; where a column names files, none unless `beside_files`."""
    if view.file_columns and not beside_files:
        return []
    found = [
        column
        for column, kind in view.kinds.items()
        if kind == "text"
        and column.lower() not in RESERVED
        and column not in view.file_columns
        and _is_prose(view.rows[column])
    ]
    return sorted(found, key=lambda column: not has_word(column, TEXT_WORDS))


def transcript_columns(view: TableView, leave_out: Sequence[str] = ()) -> list[str]:
    """Columns of what is said in recordings: those that are called so, then prose."""
    texts = [
        column
        for column, kind in view.kinds.items()
        if kind == "text" and column not in leave_out and column.lower() not in RESERVED
    ]
    named = [column for column in texts if has_word(column, TRANSCRIPT_WORDS)]
    prose = [column for column in texts if _is_prose(view.rows[column])]
    return [*sorted(named, key=lambda column: column not in prose), *(one for one in prose if one not in named)]


def number_columns(view: TableView, leave_out: Sequence[str] = ()) -> list[str]:
    """Columns that could be a number to predict: those that are called so, else the last column of fractions."""
    candidates = [
        column
        for column, kind in view.kinds.items()
        if kind in ("number", "integer")
        and column not in leave_out
        and column.lower() not in RESERVED
        and not has_word(column, ("id", "index", "fold"))
        and view.rows[column].nunique() > 2
    ]
    named = [column for column in candidates if has_word(column, NUMBER_WORDS)]
    fractions = [column for column in candidates if view.kinds[column] == "number"]
    return named or fractions[-1:]


def count_columns(view: TableView, leave_out: Sequence[str] = ()) -> list[str]:
    """The last column of whole numbers with too many different values to be classes."""
    found = [
        column
        for column, kind in view.kinds.items()
        if kind == "integer"
        and column not in leave_out
        and column.lower() not in RESERVED
        and not has_word(column, ("id", "index", "fold"))
        and LEAST_COUNTS < view.rows[column].nunique() < view.rows[column].count()
        and view.rows[column].nunique() >= LEAST_COUNTS_SHARE * view.rows[column].count()
    ]
    return found[-1:]


def word_and_tag_columns(view: TableView) -> tuple[str, str] | None:
    """The columns with words and with a tag for each, as lists or as texts with blanks in between."""
    if view.file_columns:
        return None
    columns = [column for column, kind in view.kinds.items() if kind in ("list", "text")]
    split = {column: [words_of(cell) for cell in _some(view.rows[column])] for column in columns}
    tags = [column for column in columns if _are_tags(split[column])]
    tags += [
        column
        for column in columns
        if column not in tags
        and view.kinds[column] == "list"
        and has_word(column, TAG_WORDS)
        and _are_few(split[column])
    ]
    for tag in tags:
        lengths = [len(cell) for cell in split[tag]]
        for column in columns:
            if column not in tags and [len(cell) for cell in split[column]] == lengths:
                return column, tag
    return None


def source_and_target_columns(view: TableView) -> tuple[str, str] | None:
    """The column of a text that is read, and of another one that is to be written; one that is called so goes first."""
    texts = prose_columns(view)
    if len(texts) < 2:
        return None
    named = [column for column in texts if has_word(column, TARGET_WORDS)]
    target = named[0] if named else [column for column in view.kinds if column in texts][-1]
    return next(column for column in texts if column != target), target


class QuestionColumns(NamedTuple):
    """Columns of questions about contexts."""

    question: str
    context: str
    answer: str
    start: str | None
    """Where answers start in their contexts."""


def question_columns(view: TableView) -> QuestionColumns | None:
    """The columns that are called question, context and answer."""
    if view.file_columns:
        return None
    question = _called(view, QUESTION_WORDS, ("text",))
    context = _called(view, CONTEXT_WORDS, ("text",))
    answer = _called(view, ANSWER_WORDS, ("text", "list"))
    if question is None or context is None or answer is None:
        return None
    starts = (c for c, kind in view.kinds.items() if has_word(c, START_WORDS) and kind in ("integer", "number", "list"))
    return QuestionColumns(question, context, answer, next(starts, None))


def has_word(column: str, words: Iterable[str]) -> bool:
    """Whether one of these words stands in a column's name."""
    parts = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower())
    return any(word in parts for word in words)


def _called(view: TableView, words: Iterable[str], kinds: Sequence[str]) -> str | None:
    """The first column called so that is none of ids or positions."""
    return next(
        (
            column
            for column, kind in view.kinds.items()
            if kind in kinds and has_word(column, words) and not has_word(column, ("id", *START_WORDS))
        ),
        None,
    )


def _is_prose(column: pd.Series) -> bool:
    cells = [str(cell) for cell in _some(column)]
    if not cells:
        return False
    words = sum(map(word_count, cells)) / len(cells)
    return words >= LEAST_WORDS and len(set(cells)) >= max(2, LEAST_DISTINCT * len(cells))


def _are_tags(cells: Sequence[Sequence[str]]) -> bool:
    """Whether every word is a tag, and some are more than O."""
    tags = {tag for cell in cells for tag in cell}
    return bool(tags - {"O"}) and all(map(is_tag, tags)) and any(tag != "O" and "-" in tag for tag in tags)


def _are_few(cells: Sequence[Sequence[str]]) -> bool:
    """Whether words come from a small set, as tags of any scheme do."""
    words = [word for cell in cells for word in cell]
    return 1 < len(set(words)) <= min(MOST_TAGS, max(2, 3 * len(words) // 4))


def _some(column: pd.Series) -> list[Any]:
    return list(column.dropna().head(SAMPLE_ROWS))
