"""Texts as annotation tools export them: what was marked is read back, whatever tool, unit and encoding wrote it."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.datasets.importers.spans.marked_files import marked_files, records_of
from studio.datasets.importers.spans.marked_text import MarkedText, marked_text
from studio.datasets.importers.spans.offsets import aligned, unit_of
from studio.datasets.importers.text_spans import read
from studio.datasets.importers.upload import Upload
from studio.datasets.tables.table import EXTENSIONS, read_table
from studio.datasets.uploads.discovery import list_files

Word = tuple[str, str]
"""A word and its type; none outside."""
Text = list[Word]
Mark = tuple[int, int, str, str]
"""Start and end in some unit, the type and the words."""
ROAD: list[Text] = [
    [("😀", ""), ("Mara Holt", "PER"), ("sailed", ""), ("to", ""), ("Bergen", "LOC")],
    [("The", ""), ("firm", ""), ("Lumo", "ORG"), ("hired", ""), ("Jan", "PER")],
    [("Rain", ""), ("fell", "")],
]
LENGTHS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "utf-16": lambda text: len(text.encode("utf-16-le")) // 2,
    "bytes": lambda text: len(text.encode()),
}


def written(words: Text, unit: str = "characters") -> tuple[str, list[Mark]]:
    """The text of these words, and its marks counted in a unit."""
    text, marks = "", []
    for word, kind in words:
        start = LENGTHS[unit](text)
        text += word + " "
        if kind:
            marks.append((start, start + LENGTHS[unit](word), kind, word))
    return text.rstrip(" "), marks


def doccano(text: str, marks: Sequence[Mark]) -> Any:
    return {"id": 1, "text": text, "label": [[start, end, kind] for start, end, kind, _ in marks]}


def doccano_relation(text: str, marks: Sequence[Mark]) -> Any:
    spans = [{"id": 7, "label": kind, "start_offset": start, "end_offset": end} for start, end, kind, _ in marks]
    return {"id": 1, "text": text, "entities": spans, "relations": [], "Comments": []}


def spacy(text: str, marks: Sequence[Mark]) -> Any:
    return [text, {"entities": [[start, end, kind] for start, end, kind, _ in marks]}]


def prodigy(text: str, marks: Sequence[Mark]) -> Any:
    spans = [{"start": start, "end": end, "label": kind, "token_start": 0} for start, end, kind, _ in marks]
    return {"text": text, "tokens": [], "answer": "accept", **({"spans": spans} if spans else {})}


def label_studio(text: str, marks: Sequence[Mark]) -> Any:
    values = [{"start": start, "end": end, "text": words, "labels": [kind]} for start, end, kind, words in marks]
    results = [{"value": value, "from_name": "label", "to_name": "text", "type": "labels"} for value in values]
    return {"id": 3, "data": {"text": text}, "annotations": [{"was_cancelled": False, "result": results}]}


def label_studio_min(text: str, marks: Sequence[Mark]) -> Any:
    values = [{"start": start, "end": end, "text": words, "labels": [kind]} for start, end, kind, words in marks]
    return {"text": text, "id": 3, "annotation_id": 4, "annotator": 1, **({"label": values} if values else {})}


ENTRIES = [doccano, doccano_relation, spacy, prodigy, label_studio, label_studio_min]
PLAIN = [one for one in ENTRIES if one is not spacy]


def read_back(folder: Path, files: dict[str, str]) -> tuple[list[tuple[list[str], list[str]]], dict[str, Any]]:
    """Words and tags of every row that is read, and the findings by code."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    paths = list_files(folder)
    tables = {path: read_table(folder / path, path) for path in paths if path.endswith(EXTENSIONS)}
    conversion = read(Upload(folder, paths, tables))
    rows = conversion.tables["train"].to_pylist()
    return [(row["text"], row["label"]) for row in rows], {one.code: one for one in conversion.findings}


def entities(words: Sequence[str], tags: Sequence[str]) -> list[tuple[str, str]]:
    """The entities of a row, words without blanks."""
    found: list[tuple[str, str]] = []
    for word, tag in zip(words, tags, strict=True):
        if tag.startswith("B-"):
            found.append((word, tag[2:]))
        elif tag.startswith("I-"):
            found[-1] = (found[-1][0] + word, tag[2:])
    return found


def truth(words: Text) -> list[tuple[str, str]]:
    return [("".join(word.split()), kind) for word, kind in words if kind]


@pytest.mark.parametrize("form", ["array", "lines", "under a key", "indented"])
@pytest.mark.parametrize("entry", ENTRIES)
def test_every_export_is_read_back(entry: Callable[..., Any], form: str, tmp_path: Path) -> None:
    entries = [entry(*written(words)) for words in ROAD]
    documents = {
        "array": json.dumps(entries),
        "lines": "\n".join(json.dumps(one) for one in entries),
        "under a key": json.dumps({"classes": ["PER"], "annotations": entries}),
        "indented": json.dumps(entries, indent=4, ensure_ascii=False),
    }

    rows, codes = read_back(tmp_path / "s", {"export.json": documents[form]})

    assert [entities(*row) for row in rows] == [truth(words) for words in ROAD]
    assert codes == {}


def test_label_studio_csv_is_read_back(tmp_path: Path) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["annotation_id", "annotator", "id", "text", "label"])
    writer.writeheader()
    for words in ROAD:
        row = label_studio_min(*written(words))
        writer.writerow({**row, "label": json.dumps(row["label"]) if "label" in row else ""})

    rows, _ = read_back(tmp_path / "s", {"export.csv": out.getvalue()})

    assert [entities(*row) for row in rows] == [truth(words) for words in ROAD]


letters = st.text(st.sampled_from("abéßЖ中😀🌊"), min_size=1, max_size=5).filter(str.isalnum)
signs = st.sampled_from(["😀", "🌊", "é", "x"])
texts = st.lists(st.tuples(st.one_of(signs, letters), st.sampled_from(["", "PER", "LOC"])), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(words=st.lists(texts, min_size=1, max_size=4), unit=st.sampled_from(list(LENGTHS)))
def test_marked_words_prove_their_positions_in_any_unit(words: list[Text], unit: str) -> None:
    for one in words:
        text, marks = written(one, unit)
        row = marked_text(label_studio(text, marks))
        assert row is not None

        found = [aligned(row.text, span, "characters")[0] for span in row.spans]

        assert [text[span.start : span.end] for span in found if span] == [word for _, _, _, word in marks]


@settings(max_examples=60, deadline=None)
@given(words=texts, entry=st.sampled_from(ENTRIES), unit=st.sampled_from(list(LENGTHS)))
def test_the_unit_that_cuts_no_word_is_taken(words: Text, entry: Callable[..., Any], unit: str) -> None:
    # A first emoji shifts everything behind it, and whole words show by how much.
    words = [("😀😀", ""), ("Oslo", "LOC"), ("and", ""), ("Riga", "LOC"), *((w, k) for w, k in words if w.isalpha())]
    text, marks = written(words, unit)
    row = marked_text(entry(text, marks))
    assert row is not None

    found = [aligned(text, span, unit_of([row]))[0] for span in row.spans]

    assert [text[span.start : span.end] for span in found if span] == [word for _, _, _, word in marks]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(texts, min_size=1, max_size=4), entry=st.sampled_from(PLAIN))
def test_generated_exports_are_read_back(
    words: list[Text], entry: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    entries = [entry(*written(one)) for one in [*ROAD, *words]]
    folder = tmp_path_factory.mktemp("export")
    (folder / "export.json").write_text(json.dumps(entries))
    upload = Upload(folder, ("export.json",), {})

    rows = [marked_text(record) for record in records_of(upload, *marked_files(upload))]

    assert [[(row.text[s.start : s.end], s.label) for s in row.spans] for row in rows if row] == [
        [(word, kind) for word, kind in one if kind] for one in [*ROAD, *words]
    ]


def test_utf16_positions_are_read_and_said(tmp_path: Path) -> None:
    marked = [doccano(*written([("😀", ""), ("Mara", "PER"), ("ran", "")], "utf-16"))]

    rows, codes = read_back(tmp_path / "s", {"export.jsonl": "\n".join(map(json.dumps, marked))})

    assert entities(*rows[0]) == [("Mara", "PER")]
    assert codes["utf16_offsets"].count == 1


def test_positions_that_cut_most_words_are_said(tmp_path: Path) -> None:
    rows, codes = read_back(tmp_path / "s", {"a.jsonl": json.dumps({"text": "Mara ran", "label": [[1, 3, "PER"]]})})

    assert rows[0][0] == ["M", "ar", "a", "ran"]
    assert codes["span_cuts"].level == "warning"


def test_chinese_has_no_blanks_between_words(tmp_path: Path) -> None:
    _, codes = read_back(
        tmp_path / "s", {"a.jsonl": json.dumps({"text": "李明在上海市工作", "label": [[0, 2, "PER"]]})}
    )

    assert codes == {}


def test_what_was_rejected_or_never_annotated_is_left_out_and_counted(tmp_path: Path) -> None:
    text, marks = written(ROAD[1])
    task = label_studio(text, marks)
    cancelled = {**task, "annotations": [{**task["annotations"][0], "was_cancelled": True}]}
    files = {
        "prodigy.jsonl": [prodigy(text, marks), {**prodigy(text, marks), "answer": "reject"},
                          {**prodigy(text, marks), "answer": "ignore"}],
        "doccano.jsonl": [doccano(text, marks), {**doccano(text, marks), "label": None}, doccano(text, [])],
        "studio.json": [task, cancelled, {**task, "annotations": []}],
    }  # fmt: skip

    found = {}
    for name, entries in files.items():
        whole = json.dumps(entries) if name.endswith(".json") else "\n".join(map(json.dumps, entries))
        rows, codes = read_back(tmp_path / name.partition(".")[0], {name: whole})
        found[name] = (len(rows), {code: codes[code].count for code in codes})

    assert found == {
        "prodigy.jsonl": (1, {"rejected": 2}),
        "doccano.jsonl": (2, {"unannotated": 1}),
        "studio.json": (1, {"rejected": 1, "unannotated": 1}),
    }


def test_the_first_of_several_annotations_is_taken_and_said(tmp_path: Path) -> None:
    text, marks = written(ROAD[1])
    task = label_studio(text, marks)
    task["annotations"].append({"result": []})

    rows, codes = read_back(tmp_path / "s", {"export.json": json.dumps([task])})

    assert entities(*rows[0]) == truth(ROAD[1])
    assert codes["other_annotators"].count == 1


def test_marked_words_that_the_text_has_not_leave_it_out(tmp_path: Path) -> None:
    good, bad = label_studio(*written(ROAD[1])), label_studio("Nobody here", [(0, 4, "PER", "Mara")])

    rows, codes = read_back(tmp_path / "s", {"export.json": json.dumps([good, bad])})

    assert len(rows) == 1
    assert codes["span_beyond"].examples == ("Nobody here",)


@pytest.mark.parametrize(
    "record",
    [{"text": "a", "label": "good"}, {"text": "a", "label": ["good", "bad"]}, {"text": "a", "label": [[0, 1]]}, "a", 3],
)
def test_other_rows_are_no_texts_with_spans(record: Any) -> None:
    assert marked_text(record) is None


def test_an_empty_list_is_an_annotation_and_null_is_none() -> None:
    assert marked_text({"text": "a", "label": []}) == MarkedText("a", ())
    assert marked_text({"text": "a", "label": None}) == MarkedText("a", (), "unannotated")
