"""CoNLL: a word a line with its tag in the last column, an empty line behind every sentence.

Columns are separated by tabs or blanks; other spaces, such as those in `10 000`, belong to words. Columns before the
words may count them. `-DOCSTART-` lines and comments (`# ...`) are passed over. In CoNLL-U, whose first column counts
words, the word is the second column and the tag is the part of speech. Types without letters (PER in place of B-PER)
become tags, neighbours of one type one entity; `M-` of the scheme BMES is `I-` here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.text_tables import TextTables, joined_files, read_begin, tagged_texts, with_roles
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.texts.bio_tags import OUTSIDE, is_tag, outside_of
from studio.datasets.texts.text_file import decode_text
from studio.datasets.uploads.roles import role_by_path
from studio.errors import DatasetError

ENDINGS = (".conll", ".conllu", ".bio", ".iob", ".iob2", ".bioes", ".bilou", ".txt", ".train", ".testa", ".testb")
ROLES_BY_ENDING = {".train": "train", ".testa": "validation", ".testb": "test"}
"""As the files of CoNLL 2003 are called."""
HEAD_BYTES = 20_000
HEAD_LINES = 400
MOST = 0.95
DOCUMENT = "-DOCSTART-"
MOST_TYPES = 50
LEAST_OUTSIDE = 0.3
_BLANKS = re.compile(r"[ \t]+")
_EDGES = " \t\r"
_TYPE = re.compile(r"[^\W\d_][\w.-]*$")
CONLLU_COLUMNS, CONLLU_WORD, CONLLU_TAG = 10, 1, 3


@dataclass(frozen=True)
class Layout:
    """Where words and tags stand in the lines of a file."""

    separator: str | None
    """A tab; None for blanks."""
    columns: int
    word: int
    tag: int | None
    """None in files of words alone."""
    has_letters: bool = True
    """Whether tags say where entities begin."""
    outside: str = OUTSIDE
    """The tag of words outside of all entities, in the file."""

    def split(self, line: str) -> list[str]:
        """The columns of a line."""
        return _split(line, self.separator)

    def tags(self, cells: Sequence[str]) -> list[str]:
        """The tags of a sentence."""
        cells = [OUTSIDE if cell == self.outside else cell for cell in cells]
        if self.has_letters:
            return [_plain_tag(cell) for cell in cells]
        before = (OUTSIDE, *cells)
        letters = ("I" if cell == last else "B" for cell, last in zip(cells, before, strict=False))
        return [cell if cell == OUTSIDE else f"{letter}-{cell}" for cell, letter in zip(cells, letters, strict=True)]


def recognise(upload: Upload) -> Recognition | None:
    """Files of lines that end in tags, with empty lines between sentences."""
    files = with_roles(_candidates(upload), _role_of)
    if not files:
        return None
    return Recognition(0.9, (f"{listed(path for _, path in files)}: one word and its tag per line",))


def read(upload: Upload) -> Conversion:
    """One table a split with a list of words and a list of tags a sentence.

    Raises:
        DatasetError: if there is no such file, or one cannot be decoded.
        FindingsError: if no sentence is left.
    """
    files = with_roles(_candidates(upload), _role_of)
    if not files:
        raise DatasetError(
            "There is no CoNLL file in the upload.",
            hint="Add a file with one word and its tag per line, and an empty line after every sentence.",
            code="no_conll",
            found=listed(upload.with_ending(*ENDINGS)) or "no file of lines",
            expected="one word and its tag per line, empty lines between sentences",
        )
    tables = tagged_texts()
    for role, path in files:
        _read_file(upload, path, role, tables)
    tables.findings += joined_files(files)
    return tables.conversion("CoNLL")


CONLL = DatasetFormat(
    "conll",
    "CoNLL",
    "One word and its tag per line, an empty line after every sentence.",
    recognise,
    read,
    ENDINGS,
    written_by="CoNLL 2003, CoNLL-U, Label Studio CONLL2003, doccano",
    corrected="columns of counters; IOB1, IOB2, BIOES, BILOU, BMES, types without letters; 0, outside and `_` for O",
    left_out="sentences with a line of other columns",
)


def _candidates(upload: Upload) -> list[str]:
    return sorted(path for path in upload.with_ending(*ENDINGS) if _looks_right(upload, path))


def _role_of(path: str) -> str | None:
    return ROLES_BY_ENDING.get(PurePosixPath(path).suffix.lower()) or role_by_path(path)


def _looks_right(upload: Upload, path: str) -> bool:
    """Whether nearly all lines of the beginning have the same columns and a tag, with empty lines between."""
    lines = read_begin(upload, path, HEAD_BYTES).decode("utf-8", "replace").splitlines()[:HEAD_LINES]
    layout = layout_of(lines)
    if layout is None or layout.tag is None or not any(not line.strip() for line in lines):
        return False
    rows = [layout.split(line) for line in lines if _is_token(line, layout)]
    return len(rows) > 1 and len({row[layout.tag] for row in rows}) > 1


def layout_of(lines: Sequence[str]) -> Layout | None:
    """The layout that nearly all lines share; None if there is none."""
    present = [line for line in lines if line.strip() and not line.startswith((DOCUMENT, "# "))]
    if not present:
        return None
    separator = "\t" if sum("\t" in line for line in present) >= MOST * len(present) else None
    split = [_split(line, separator) for line in present]
    columns, count = Counter(map(len, split)).most_common(1)[0]
    if count < MOST * len(split):
        return None
    whole = [row for row in split if len(row) == columns]
    if columns == CONLLU_COLUMNS and all(row[0].replace("-", "").replace(".", "").isdigit() for row in whole):
        return Layout(separator, columns, CONLLU_WORD, CONLLU_TAG)
    if columns == 1:
        return Layout(separator, columns, 0, None)
    word = next((place for place in range(columns - 1) if not _counts(whole, place)), 0)
    for tag in range(columns - 1, word, -1):
        outside = outside_of(Counter(row[tag] for row in whole)) or OUTSIDE
        if _share_of_tags(whole, tag, outside) >= MOST:
            return Layout(separator, columns, word, tag, outside=outside)
    cells = [row[-1] for row in whole]
    outside = outside_of(Counter(cells)) or OUTSIDE
    if columns > word + 1 and _are_types(cells, outside):
        return Layout(separator, columns, word, columns - 1, has_letters=False, outside=outside)
    return None


def _split(line: str, separator: str | None) -> list[str]:
    """The columns of a line; spaces of other kinds stay in them."""
    parts = _BLANKS.split(line.strip(_EDGES)) if separator is None else line.split(separator)
    return [one.strip(_EDGES) for one in parts]


def _plain_tag(cell: str) -> str:
    """A tag in letters that are known."""
    return f"I-{cell[2:]}" if cell.startswith("M-") else cell


def _counts(rows: Sequence[Sequence[str]], position: int) -> bool:
    """Whether a column holds numbers, as counters and ids of documents do."""
    return sum(row[position].isdecimal() for row in rows) >= MOST * len(rows)


def _are_types(cells: Sequence[str], outside: str) -> bool:
    """Whether these are types of entities without letters: few names, and most words outside of all."""
    types = set(cells) - {outside}
    count = sum(cell == outside for cell in cells)
    return 0 < len(types) <= MOST_TYPES and count >= LEAST_OUTSIDE * len(cells) and all(map(_TYPE.match, types))


def _share_of_tags(rows: Sequence[Sequence[str]], position: int, outside: str) -> float:
    """How many cells of a column are tags; none where all of them are outside."""
    cells = [row[position] for row in rows]
    found = sum(cell == outside or is_tag(_plain_tag(cell)) for cell in cells)
    return found / len(cells) if any(cell != outside for cell in cells) or outside == OUTSIDE else 0.0


def _is_token(line: str, layout: Layout) -> bool:
    return bool(line.strip()) and not line.startswith(DOCUMENT) and len(layout.split(line)) == layout.columns


def _read_file(upload: Upload, path: str, role: TableRole, tables: TextTables) -> None:
    text, findings = decode_text(upload.files / path, path)
    tables.findings.extend(findings)
    lines = text.splitlines() if "\r" in text else text.split("\n")
    layout = layout_of(lines)
    if layout is None:
        raise DatasetError(
            f"{path} has lines of different numbers of columns.",
            hint="Write one word and its tag per line, with the same columns everywhere.",
            code="conll",
            found=_column_counts(lines),
            expected="the same number of columns in every line",
        )
    broken: list[str] = []
    for sentence in _sentences(lines):
        wrong = [line for line in sentence if not _is_token(line, layout)]
        if wrong:
            broken.append(wrong[0][:60])
            continue
        rows = [row for line in sentence if not _is_range(row := layout.split(line), layout)]
        words = [row[layout.word] for row in rows]
        tags = None if layout.tag is None else layout.tags([row[layout.tag] for row in rows])
        tables.add(role, {"text": words, "label": tags})
    tables.findings += trouble(
        "conll_columns",
        path,
        f"{len(broken)} sentences have a line with other than {layout.columns} columns and are left out.",
        "Write a word and its tag in every line.",
        broken,
        expected=f"{layout.columns} columns in every line",
    )


def _column_counts(lines: Sequence[str]) -> str:
    counts = sorted({len(line.split()) for line in lines if line.strip()})
    return f"{', '.join(map(str, counts[:5]))}{', ...' if len(counts) > 5 else ''} columns"


def _sentences(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines of every sentence, without document marks and comments."""
    sentence: list[str] = []
    for line in (*lines, ""):
        if not line.strip():
            if sentence:
                yield sentence
            sentence = []
        elif not line.startswith(DOCUMENT) and not _is_comment(line):
            sentence.append(line)


def _is_comment(line: str) -> bool:
    """`# sent_id = 1` is a comment; `#` and `#tag` with a tag behind them are words."""
    return line.startswith("# ") and "\t" not in line and not is_tag(line.split()[-1])


def _is_range(row: Sequence[str], layout: Layout) -> bool:
    """Whether a CoNLL-U line stands for several words (`3-4`) or for one that is not written (`3.1`)."""
    return layout.columns == CONLLU_COLUMNS and layout.word == CONLLU_WORD and not row[0].isdigit()
