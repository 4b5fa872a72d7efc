"""SQuAD: JSON with paragraphs, each a context with questions and answers; version 2 has questions without one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.json_file import holds_keys, read_document
from studio.datasets.importers.text_tables import TextTables, joined_files, with_roles
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.errors import DatasetError
from studio.on_demand import pa
from studio.settings.finding import FindingLevel

MAX_BYTES = 512 << 20
_KEYS = (b'"paragraphs"', b'"context"', b'"qas"', b'"question"')


def recognise(upload: Upload) -> Recognition | None:
    """JSON files with paragraphs, contexts and questions."""
    files = with_roles(_candidates(upload))
    if not files:
        return None
    return Recognition(0.97, (f"{listed(path for _, path in files)}: JSON with paragraphs, contexts and questions",))


def read(upload: Upload) -> Conversion:
    """One table a split, a row a question.

    Raises:
        DatasetError: if there is no such file, or one is not SQuAD.
        FindingsError: if no question is left.
    """
    files = with_roles(_candidates(upload))
    if not files:
        raise DatasetError(
            "There is no SQuAD file in the upload.",
            hint="Add a JSON file with data, paragraphs, contexts and questions.",
            code="no_squad",
            found=listed(upload.with_ending(".json")) or "no JSON file",
            expected="a JSON file with paragraphs and questions",
        )
    tables = TextTables(_schema())
    for role, path in files:
        _read_file(upload, path, role, tables)
    tables.findings += joined_files(files)
    return tables.conversion("SQuAD")


SQUAD = DatasetFormat(
    "squad",
    "SQuAD",
    "JSON files with paragraphs of a context and its questions with answers.",
    recognise,
    read,
    (".json",),
    written_by="SQuAD 1 and 2, Haystack, cdQA",
    corrected="positions in UTF-16 units or bytes, or elsewhere; the first of several answers",
    left_out="questions that cannot be read; answers that are not in their context",
)


def _candidates(upload: Upload) -> list[str]:
    return sorted(path for path in upload.with_ending(".json") if holds_keys(upload.files / path, _KEYS))


def _read_file(upload: Upload, path: str, role: TableRole, tables: TextTables) -> None:
    wrong: list[str] = []
    several: list[str] = []
    for title, context, entry in _questions(_document(upload, path)):
        question, answers = entry.get("question"), _answers(entry)
        if not isinstance(question, str) or not isinstance(context, str) or answers is None:
            wrong.append(str(entry.get("id", ""))[:60] or "a question without id")
            continue
        if len({text for text, _ in answers}) > 1:
            several.append(question[:60])
        answer, start = answers[0] if answers else (None, None)
        identity = str(entry["id"]) if "id" in entry else None
        row = {"id": identity, "title": title, "question": question, "context": context}
        tables.add(role, {**row, "answer": answer, "answer_start": start})
    tables.findings += trouble(
        "squad_question",
        path,
        f"{len(wrong)} questions lack a text, a context or readable answers and are left out.",
        "Write question, context, and answers with text and answer_start.",
        wrong,
        expected="a question, its context, and answers with text and answer_start",
    )
    tables.findings += trouble(
        "several_answers",
        path,
        f"{len(several)} questions have several answers; the first was used.",
        "",
        several,
        FindingLevel.NOTE,
        expected="one answer per question",
    )


def _document(upload: Upload, path: str) -> list[Any]:
    document = read_document(upload, path, "squad", MAX_BYTES, "split the file")
    entries = document.get("data") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise DatasetError(
            f"{path} has no list called data.",
            hint="Choose the file with questions.",
            code="squad",
            found=f"the keys {listed(document)}" if isinstance(document, dict) and document else "no keys",
            expected="a list called data",
        )
    return entries


def _questions(entries: list[Any]) -> Iterator[tuple[str | None, Any, dict[str, Any]]]:
    """(title, context, question) of every question; what is no object is passed over."""
    for article in filter(_is_object, entries):
        title = article.get("title")
        for paragraph in filter(_is_object, article.get("paragraphs") or ()):
            for entry in filter(_is_object, paragraph.get("qas") or ()):
                yield title if isinstance(title, str) else None, paragraph.get("context"), entry


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _answers(entry: dict[str, Any]) -> list[tuple[str, int | None]] | None:
    """(text, start) of every answer; none for a question that has no answer, None if they cannot be read."""
    found: list[tuple[str, int | None]] = []
    listed = entry.get("answers") or []
    if entry.get("is_impossible") is True:
        return []
    for one in listed if isinstance(listed, list) else [listed]:
        text, start = (one.get("text"), one.get("answer_start")) if isinstance(one, dict) else (None, None)
        if not isinstance(text, str) or not (start is None or isinstance(start, int)):
            return None
        found.append((text, start))
    return found


def _schema() -> pa.Schema:
    texts = ("id", "title", "question", "context", "answer")
    return pa.schema([*((name, pa.string()) for name in texts), ("answer_start", pa.int64())])
