"""Words of sentences, a word a row: tables with a column of words, one of tags and one that tells the sentence.

    Sentence #     Word    POS   Tag        as at Kaggle: only the first word of a sentence names it
    Sentence: 1    Mara    NNP   B-PER
                   Holt    NNP   I-PER

A column of sentences whose cells are all filled groups neighbouring rows of one value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.text_tables import TextTables, joined_files, tagged_texts, with_roles
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.tables.table import RawTable
from studio.datasets.texts.bio_tags import OUTSIDE, is_tag
from studio.datasets.texts.text_role_inference import TAG_WORDS, has_word
from studio.errors import DatasetError
from studio.on_demand import pd

SENTENCE_WORDS = ("sentence", "sent", "document", "doc", "paragraph", "review", "tweet")
WORD_WORDS = ("word", "words", "token", "tokens", "form", "text")
MOST = 0.95
_SAMPLE = 2_000
EXCERPT = 60


@dataclass(frozen=True)
class Layout:
    """Which columns of a table hold what."""

    sentence: str
    word: str
    tag: str


def recognise(upload: Upload) -> Recognition | None:
    """A table with a column of words, one of tags, and one called like sentences."""
    files = with_roles(_candidates(upload))
    if not files:
        return None
    name = files[0][1]
    found = layout_of(upload.tables[name])
    assert found is not None
    words = f"{name} has one row per word: {found.word}, its tag in {found.tag}, its sentence in {found.sentence}"
    return Recognition(0.97, (words,))


def read(upload: Upload) -> Conversion:
    """One table a split with a list of words and a list of tags a sentence.

    Raises:
        DatasetError: if no table has one row per word.
        FindingsError: if no sentence is left.
    """
    files = with_roles(_candidates(upload))
    if not files:
        raise DatasetError(
            "No table has one row per word.",
            hint="Name the columns sentence, word and tag.",
            code="no_word_rows",
            found=listed(upload.tables) or "no table",
            expected="a sentence, a word and a tag in every row",
        )
    tables = tagged_texts()
    for role, path in files:
        _read_table(upload.tables[path], path, role, tables)
    tables.findings += joined_files(files)
    return tables.conversion("words of sentences")


WORD_ROWS = DatasetFormat(
    "word_rows",
    "Words of sentences",
    "A table with one row per word: its sentence, the word and its tag.",
    recognise,
    read,
    written_by="Kaggle NER table, home-made tables",
    corrected="a sentence named in its first row alone",
    left_out="sentences with a word without tag",
)


def layout_of(table: RawTable) -> Layout | None:
    """The columns of a table with one row per word; None if it has other rows."""
    texts = [name for name, kind in table.kinds.items() if kind == "text"]
    tag = next((name for name in reversed(texts) if _holds_tags(table.frame[name])), None)
    sentence = next(
        (name for name, kind in table.kinds.items() if kind != "list" and _tells_sentences(table, name)), None
    )
    others = [name for name in texts if name not in (tag, sentence) and _holds_words(table.frame[name])]
    word = next((name for name in others if has_word(name, WORD_WORDS)), None)
    return Layout(sentence, word, tag) if sentence and word and tag else None


def _candidates(upload: Upload) -> list[str]:
    return sorted(path for path, table in upload.tables.items() if layout_of(table) is not None)


def _holds_tags(cells: pd.Series[Any]) -> bool:
    """Whether nearly all cells are tags with letters, or a column that is called so has a word for outside."""
    looked = cells.dropna().head(_SAMPLE)
    is_called_so = has_word(str(cells.name), TAG_WORDS) and OUTSIDE in set(looked)
    return len(looked) > 1 and looked.nunique() > 1 and (is_called_so or bool(looked.map(is_tag).mean() >= MOST))


def _holds_words(cells: pd.Series[Any]) -> bool:
    looked = cells.dropna().head(_SAMPLE)
    return len(looked) > 0 and bool((~looked.str.contains(r"\s", regex=True)).mean() >= MOST)


def _tells_sentences(table: RawTable, name: str) -> bool:
    """Whether a column is called so, and its values are of several rows each."""
    cells = table.frame[name].head(_SAMPLE)
    if not has_word(name.replace("#", ""), SENTENCE_WORDS) or not cells.notna().any():
        return False
    return bool(cells.isna().any() or cells.nunique() < len(cells))


def _read_table(table: RawTable, path: str, role: TableRole, tables: TextTables) -> None:
    tables.findings.extend(table.findings)
    found = layout_of(table)
    assert found is not None
    untagged: list[str] = []
    for words, tags in _sentences(table.frame, found):
        if None in tags:
            untagged.append(f"{words[tags.index(None)]}: {' '.join(words)}"[:EXCERPT])
        else:
            tables.add(role, {"text": words, "label": tags})
    tables.findings += trouble(
        "untagged_word",
        f"{path}: {found.tag}",
        f"{counted(len(untagged), 'sentence')} with a word without tag are left out.",
        "Tag these words.",
        untagged,
        expected="a tag for every word",
    )


def _sentences(frame: pd.DataFrame, layout: Layout) -> Iterator[tuple[list[str], list[Any]]]:
    """Words and tags of each sentence; a word that is missing is written as nothing and left out with its tag."""
    names = frame[layout.sentence]
    begins = names.notna() if names.isna().any() else names.astype(str).ne(names.astype(str).shift())
    kept = frame.assign(__sentence=begins.cumsum())
    kept = kept[kept[layout.word].notna()]
    for _, rows in kept.groupby("__sentence", sort=False):
        tags = [None if tag is None or tag != tag else str(tag) for tag in rows[layout.tag]]
        yield [str(word) for word in rows[layout.word]], tags
