"""Texts with classes, as annotation tools write them: several a text in a list, or among the results of a task.

doccano        {"text": "...", "label": ["good"]}
Prodigy        {"text": "...", "label": "good", "answer": "reject"}
Prodigy        {"text": "...", "options": [...], "accept": ["good"], "answer": "accept"}
Label Studio   {"data": {"text": "..."}, "annotations": [{"result": [{"value": {"choices": ["good"]}}]}]}
fastText       __label__good __label__food The soup was warm

Where no text has more than one class they become a column of classes, else a column of 0 and 1 for each class.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.spans.marked_files import files_with, records_of
from studio.datasets.importers.spans.marked_text import (
    ACCEPTED,
    REJECTED,
    decision_of,
    is_missing,
    is_task,
    text_of,
)
from studio.datasets.importers.text_tables import joined_files, read_begin, with_roles
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.texts.text_file import decode_text
from studio.errors import DatasetError, in_quotes
from studio.on_demand import pa
from studio.settings.finding import Finding, FindingLevel, FindingsError

TEXT, LABEL = "text", "label"
CLASS_KEYS = ("label", "labels", ACCEPTED)
FASTTEXT = "__label__"
SURE = 0.9
LONGEST_CLASS = 80
"""Characters: longer ones are texts that were written, not classes that were chosen."""
_ANSWERS = ("accept", "reject", "ignore")
"""To the question of Prodigy whether a text is of a class."""
_MOST, _MANY, _HEAD_BYTES, _EXCERPT = 0.5, 4, 4096, 40


class LabelledText(NamedTuple):
    """A text with the classes that somebody chose; None where nobody did, or they were rejected."""

    text: str
    classes: tuple[str, ...] | None
    is_rejected: bool = False
    asked: str = ""
    """The one class that somebody was shown to accept or to reject."""


def recognise(upload: Upload) -> Recognition | None:
    """Tables, JSON and text files with a text and a list of its classes in every row."""
    files = with_roles(_files(upload))
    return Recognition(SURE, (f"{listed(path for _, path in files)}: texts with lists of classes",)) if files else None


def read(upload: Upload) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if no file has such rows.
        FindingsError: if no row is left.
    """
    files = with_roles(_files(upload))
    if not files:
        raise DatasetError(
            "No file has a text and a list of classes in every row.",
            hint="Export texts with their classes as JSON lines.",
            code="no_labelled_texts",
            found=listed(upload.tables) or "no table",
            expected="a text and a list of its classes in every row",
        )
    found = _Texts()
    for role, path in files:
        found.add(role, path, _rows(upload, path))
    found.findings += joined_files(files)
    return found.conversion()


LABELLED_TEXTS = DatasetFormat(
    "labelled_texts",
    "Texts with classes of a tool",
    "JSON, JSON lines or text files with a text and the classes that were chosen for it.",
    recognise,
    read,
    written_by="doccano, Prodigy, Label Studio (choices), fastText",
    corrected="several classes a text become a column of 0 and 1 each; where one class was accepted or rejected, the "
    "rejected texts are of the class `not ...`",
    left_out="rejected, cancelled and unannotated texts",
)


def labelled_text(record: Any) -> LabelledText | None:
    """What a row or an entry of an export says; None if it holds no text with classes."""
    if isinstance(record, str):
        return _of_fasttext(record)
    text = text_of(record) if isinstance(record, Mapping) else None
    if text is None:
        return None
    if is_task(record):
        return _of_task(text, record["annotations"])
    cell = next((record[key] for key in CLASS_KEYS if not is_missing(record.get(key))), None)
    is_rejected = decision_of(record) in REJECTED
    if isinstance(cell, str) and cell.strip() and decision_of(record) in _ANSWERS:
        return _of_question(text, cell.strip(), str(decision_of(record)))
    if cell is None:
        return LabelledText(text, None, is_rejected)
    if not isinstance(cell, list) or not all(isinstance(one, str) and one.strip() for one in cell):
        return None
    return LabelledText(text, None if is_rejected else tuple(one.strip() for one in cell), is_rejected)


def _of_question(text: str, asked: str, answer: str) -> LabelledText:
    if answer == "accept":
        return LabelledText(text, (asked,), asked=asked)
    return LabelledText(text, None, is_rejected=True, asked=asked if answer == "reject" else "")


def _answered(rows: Sequence[LabelledText]) -> list[LabelledText]:
    """Where all were asked about one class, what was rejected is of the other; of several it is not this one."""
    if len({row.asked for row in rows if row.asked}) != 1:
        return list(rows)
    return [
        row._replace(classes=(f"not {row.asked}",), is_rejected=False) if row.asked and row.is_rejected else row
        for row in rows
    ]


def _of_task(text: str, annotations: Sequence[Mapping[str, Any]]) -> LabelledText:
    kept = [one for one in annotations if not one.get("was_cancelled")]
    if not kept:
        return LabelledText(text, None, bool(annotations))
    values = [one.get("value") for one in kept[0]["result"] or () if isinstance(one, dict)]
    chosen = [one for value in values if isinstance(value, dict) for one in value.get("choices") or ()]
    return LabelledText(text, tuple(one.strip() for one in chosen if isinstance(one, str) and one.strip()))


def _of_fasttext(line: str) -> LabelledText | None:
    words = line.split()
    count = next((place for place, word in enumerate(words) if not word.startswith(FASTTEXT)), len(words))
    if not 0 < count < len(words):
        return None
    return LabelledText(" ".join(words[count:]), tuple(word.removeprefix(FASTTEXT) for word in words[:count]))


def _files(upload: Upload) -> list[str]:
    lines = [path for path in upload.with_ending(".txt") if read_begin(upload, path, _HEAD_BYTES).startswith(_MARK)]
    return sorted([*files_with(upload, _have_classes), *lines])


_MARK = FASTTEXT.encode()


def _have_classes(records: Iterable[Any]) -> bool:
    """Whether most records can be read, and what is chosen is of few classes."""
    looked = list(records)
    found = [row for record in looked if (row := labelled_text(record)) is not None]
    chosen = [one for row in found for one in row.classes or ()]
    if len(found) <= _MOST * len(looked) or not chosen or max(map(len, chosen)) > LONGEST_CLASS:
        return False
    return len(set(chosen)) <= max(_MANY, _MOST * len(found)) and len(set(chosen)) < len(chosen)


def _rows(upload: Upload, path: str) -> list[Any]:
    if not path.lower().endswith(".txt"):
        return records_of(upload, path)
    text, _ = decode_text(upload.files / path, path)
    return [line for line in text.splitlines() if line.strip()]


@dataclass
class _Texts:
    """Rows by table, and what was noticed on the way."""

    rows: dict[TableRole, list[LabelledText]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, role: TableRole, path: str, records: Sequence[Any]) -> None:
        """The rows of a file; those without classes are left out and counted."""
        rows = [(record, labelled_text(record)) for record in records]
        known = _answered([row for _, row in rows if row is not None])
        several = any(len(row.classes or ()) > 1 for row in known)
        is_kept = [row.classes is not None and (bool(row.classes) or several) for row in known]
        kept = list(itertools.compress(known, is_kept))
        asked = [row.asked for row in known if row.classes == (f"not {row.asked}",)]
        if asked:
            words = (
                f"All texts were asked about the class {in_quotes(asked[0])}; "
                f"rejected ones are of the class {in_quotes(f'not {asked[0]}')}."
            )
            self.findings += trouble("asked_class", path, words, "", asked, FindingLevel.NOTE, expected="two classes")
        rejected = [row.text for row in known if row.is_rejected]
        bare = [row.text for row, is_in in zip(known, is_kept, strict=True) if not row.is_rejected and not is_in]
        self.rows.setdefault(role, []).extend(kept)
        for code, examples, words, expected, fix, level in (
            ("label_row", [str(one) for one, row in rows if row is None], "entries hold no text with a list of classes",
             "a text and a list of its classes", "Complete these entries.", FindingLevel.WARNING),
            ("rejected", rejected, "texts were rejected or skipped by their annotator",
             "texts whose annotation was accepted", "", FindingLevel.NOTE),
            ("unannotated", bare, "texts have no class", "a class for every text", "Annotate them, or leave them out.",
             FindingLevel.WARNING),
        ):  # fmt: skip
            message = f"{len(examples)} {words} and are left out."
            shown = [one[:_EXCERPT] for one in examples]
            self.findings += trouble(code, path, message, fix, shown, level, expected=expected)

    def conversion(self) -> Conversion:
        """The tables: a column of classes, or one of 0 and 1 for each class.

        Raises:
            FindingsError: if no row is left.
        """
        every = [row for rows in self.rows.values() for row in rows]
        if not every:
            nothing = Finding(
                code="no_rows",
                path="texts with classes",
                message="No text with a class is left.",
                found="0 rows",
                expected="at least 1 text with a class",
                fix="Annotate the texts, or choose another data format.",
            )
            raise FindingsError([*self.findings, nothing])
        names = sorted({one for row in every for one in row.classes or ()})
        are_several = any(len(row.classes or ()) > 1 for row in every)
        tables = {role: _table(rows, names if are_several else None) for role, rows in self.rows.items() if rows}
        return Conversion(tables, ".", self.findings)


def _table(rows: Sequence[LabelledText], names: Sequence[str] | None) -> pa.Table:
    columns: dict[str, list[Any]] = {TEXT: [row.text for row in rows]}
    if names is None:
        columns[LABEL] = [row.classes[0] if row.classes else None for row in rows]
    for name in names or ():
        column = f"{name} (class)" if name.lower() == TEXT else name
        columns[column] = [int(name in (row.classes or ())) for row in rows]
    return pa.table(columns)
