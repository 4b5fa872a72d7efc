"""CoNLL, SQuAD and texts with spans, as they are found in the wild, become the studio's own tables."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studio.datasets.dataset import Dataset

ImportFiles = Callable[..., Dataset]
WNUT = Path(__file__).parents[4] / "shared" / "data" / "text_token_classification__wnut17"
CONTEXT = "Anna lives in Oslo. Ben lives in Rome."


def made(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def rows(data: Dataset, role: Any = "train") -> list[tuple[list[str], list[str]]]:
    table = data.manifest.table_of_role(role)
    assert table is not None
    frame = data.table(table.name)
    return [(list(words), list(tags)) for words, tags in zip(frame["text"], frame["label"], strict=True)]


def codes(data: Dataset) -> dict[str, Any]:
    return {finding.code: finding for finding in data.findings()}


ANNA = (["Anna", "flew", "to", "New", "York"], ["B-PER", "O", "O", "B-LOC", "I-LOC"])
SHORT = (["It", "rained"], ["O", "O"])


def lines(separator: str, columns: int = 2, end: str = "\n") -> str:
    between = separator.join(["", *["x"] * (columns - 2), ""]) if columns > 2 else separator
    sentences = [end.join(w + between + t for w, t in zip(*one, strict=True)) for one in (ANNA, SHORT)]
    return (end + end).join(sentences) + end


@pytest.mark.skipif(not WNUT.is_dir(), reason="the shared data is not beside this repository")
def test_conll_and_parquet_of_the_same_sentences_give_the_same_rows(tmp_path: Path, import_files: ImportFiles) -> None:
    data = import_files(WNUT / "train.conll")
    parquet = pd.read_parquet(WNUT / "train.parquet")

    expected = [(list(w), list(t)) for w, t in zip(parquet["text"], parquet["label"], strict=True)]
    assert data.manifest.problem_type == "text_token_classification"
    assert rows(data) == expected


@pytest.mark.parametrize(
    "text",
    [
        lines("\t"),
        lines(" "),
        lines(" ", columns=4),
        lines("\t", end="\r\n"),
        "\ufeff" + lines("\t"),
        "-DOCSTART- -X- -X- O\n\n" + lines(" ", columns=4),
        "# newdoc id = 1\n" + lines("\t").replace("\n\n", "\n\n# sent_id = 2\n"),
        "\n\n" + lines("\t").replace("\n\n", "\n \n\n\n") + "\n\n",
    ],
    ids=["tabs", "blanks", "four columns", "Windows lines", "byte order mark", "document", "comments", "empty lines"],
)
@pytest.mark.parametrize("name", ["train.conll", "train.txt", "data.bio"])
def test_every_way_to_write_conll_gives_the_same_rows(
    tmp_path: Path, import_files: ImportFiles, text: str, name: str
) -> None:
    data = import_files(made(tmp_path / "s", {name: text}))

    assert data.manifest.problem_type == "text_token_classification"
    assert rows(data) == [ANNA, SHORT]


SENTENCES = [
    (["Mara", "Holt", "left", "Bergen"], ["B-PER", "I-PER", "O", "B-LOC"]),
    (["It", "cost", "10\u00a0000", "crowns"], ["O", "O", "O", "O"]),
    (["Ines", "Tom", "ran"], ["B-PER", "I-PER", "O"]),
]


def written(line: Callable[[int, str, str], str]) -> str:
    """These sentences as lines; `line` is given the number of a word, the word and its tag."""
    rows = ("".join(line(i, *pair) for i, pair in enumerate(zip(*one, strict=True), start=1)) for one in SENTENCES)
    return "\n".join(rows)


@pytest.mark.parametrize(
    "line",
    [
        lambda number, word, tag: f"{word} {tag}\n",
        lambda number, word, tag: f"{number} {word} X {tag}\n",
        lambda number, word, tag: f"{number}\t{word}\tNN\tB-NP\t{tag}\n",
        lambda number, word, tag: f"{word}\t{tag[2:] or 'O'}\n",
        lambda number, word, tag: f"{word} _ {tag[2:] or 'O'} \n",
    ],
    ids=["plain", "counted", "counted, with chunks", "types without letters", "types behind another column"],
)
def test_words_and_entities_are_found_in_every_usual_layout(
    line: Callable[[int, str, str], str], tmp_path: Path, import_files: ImportFiles
) -> None:
    data = import_files(made(tmp_path / "s", {"train.conll": written(line)}))

    assert rows(data) == SENTENCES


def test_begin_middle_end_single_is_read(tmp_path: Path, import_files: ImportFiles) -> None:
    text = "上 B-LOC\n海 M-LOC\n市 E-LOC\n在 O\n\n他 S-PER\n在 O\n\n王 B-PER\n芳 E-PER\n"

    data = import_files(made(tmp_path / "s", {"train.conll": text}))

    assert rows(data)[0] == (["上", "海", "市", "在"], ["B-LOC", "I-LOC", "E-LOC", "O"])


def test_a_hash_is_a_word_where_it_has_a_tag(tmp_path: Path, import_files: ImportFiles) -> None:
    data = import_files(made(tmp_path / "s", {"train.conll": "# O\nAnna B-PER\n\n#tag O\nBen B-PER\n"}))

    assert [words for words, _ in rows(data)] == [["#", "Anna"], ["#tag", "Ben"]]


def test_splits_are_found_by_the_names_of_conll_2003(tmp_path: Path, import_files: ImportFiles) -> None:
    text = lines(" ", columns=4)

    data = import_files(made(tmp_path / "s", {"eng.train": text, "eng.testa": text, "eng.testb": text}))

    assert {table.role for table in data.manifest.tables} == {"train", "validation", "test"}


def test_conll_u_gives_words_and_parts_of_speech(tmp_path: Path, import_files: ImportFiles) -> None:
    def line(number: str, word: str, part: str) -> str:
        return "\t".join([number, word, word, part, *["_"] * 6])

    text = "\n".join(["# text = He's in", line("1-2", "He's", "_"), line("1", "He", "PRON"), line("2", "'s", "VERB"),
                      line("3", "in", "ADP"), "", line("1", "Go", "VERB"), ""])  # fmt: skip

    data = import_files(made(tmp_path / "s", {"train.conllu": text}), {"format": "conll"})

    assert rows(data) == [(["He", "'s", "in"], ["PRON", "VERB", "ADP"]), (["Go"], ["VERB"])]


def test_a_sentence_with_a_line_of_other_columns_is_left_out_and_named(
    tmp_path: Path, import_files: ImportFiles
) -> None:
    text = "\n".join([lines("\t")] * 20) + "\nBroken\n"

    data = import_files(made(tmp_path / "s", {"train.conll": text}))

    assert codes(data)["conll_columns"].examples == ("Broken",)
    assert codes(data)["conll_columns"].level == "warning"
    assert len(rows(data)) == 40


@pytest.mark.parametrize("text", ["a,b\n1,2\n\n", "This is a letter.\n\nIt has no tags.\n", "1 0.5 0.5 0.5 0.5\n\n"])
def test_other_texts_are_not_taken_for_conll(tmp_path: Path, scan_files: Any, text: str) -> None:
    assert "conll" not in [one.id for one in scan_files(made(tmp_path / "s", {"train.txt": text})).formats]


def squad(*questions: dict[str, Any], context: str = CONTEXT) -> str:
    paragraphs = [{"context": context, "qas": list(questions)}]
    return json.dumps({"version": "2.0", "data": [{"title": "People", "paragraphs": paragraphs}]})


def question(text: str, *answers: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {"id": text, "question": text, "answers": [{"text": a, "answer_start": s} for a, s in answers], **more}


def test_squad_gives_a_row_a_question(tmp_path: Path, import_files: ImportFiles) -> None:
    text = squad(question("Where is Anna?", ("Oslo", 14)), question("Where is Ben?", ("Rome", 33)))

    data = import_files(made(tmp_path / "s", {"train-v1.1.json": text, "dev-v1.1.json": text}))

    frame = data.table("train.parquet")
    assert data.manifest.problem_type == "text_span_prediction"
    assert {table.role for table in data.manifest.tables} == {"train", "validation"}
    assert list(frame["answer"]) == ["Oslo", "Rome"]
    assert list(frame["answer_start"]) == [14, 33]
    assert set(frame["context"]) == {CONTEXT}


def test_a_single_squad_file_is_an_upload(tmp_path: Path, import_files: ImportFiles) -> None:
    (tmp_path / "train.json").write_text(squad(*[question(f"Where is Anna {n}?", ("Oslo", 14)) for n in range(3)]))

    assert import_files(tmp_path / "train.json").manifest.tables[0].rows == 3


def test_questions_of_squad_2_without_answer_stay(tmp_path: Path, import_files: ImportFiles) -> None:
    impossible = question("Who is Carl?", is_impossible=True) | {
        "plausible_answers": [{"text": "Ben", "answer_start": 20}]
    }
    text = squad(question("Where is Anna?", ("Oslo", 14)), impossible)

    data = import_files(made(tmp_path / "s", {"train.json": text}))

    assert list(data.table("train.parquet")["answer"]) == ["Oslo", ""]
    assert codes(data)["no_answer"].count == 1
    assert data.profile().facts["questions_without_answer"] == 1


def test_the_first_of_several_answers_is_taken_and_said(tmp_path: Path, import_files: ImportFiles) -> None:
    text = squad(question("Where is Anna?", ("Oslo", 14), ("in Oslo", 11)), question("Ben?", ("Rome", 33)))

    data = import_files(made(tmp_path / "s", {"train.json": text}))

    assert list(data.table("train.parquet")["answer"]) == ["Oslo", "Rome"]
    assert codes(data)["several_answers"].count == 1


def test_unreadable_questions_are_left_out_and_named(tmp_path: Path, import_files: ImportFiles) -> None:
    broken = [question("a", ("Oslo", 14)) | {"question": None}, {"id": "b", "question": "b", "answers": ["Oslo"]}]
    text = squad(question("Where is Anna?", ("Oslo", 14)), question("Ben?", ("Rome", 33)), *broken)

    data = import_files(made(tmp_path / "s", {"train.json": text}))

    assert codes(data)["squad_question"].examples == ("a", "b")
    assert data.manifest.tables[0].rows == 2


HUB_ROWS = [
    {"question": f"Where is Anna {n}?", "context": CONTEXT, "answers": {"text": ["Oslo"], "answer_start": [14]}}
    for n in range(4)
]


def write_json_lines(folder: Path) -> None:
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in HUB_ROWS))


def write_parquet(folder: Path) -> None:
    pq.write_table(pa.Table.from_pylist(HUB_ROWS), folder / "train.parquet")


@pytest.mark.parametrize("write", [write_json_lines, write_parquet])
def test_answers_in_an_object_a_row_are_read_too(
    tmp_path: Path, import_files: ImportFiles, write: Callable[[Path], None]
) -> None:
    write(made(tmp_path / "s", {}))

    data = import_files(tmp_path / "s")

    frame = data.table(data.manifest.tables[0].name)
    assert data.manifest.roles["answer_column"] == "answers.text"
    assert data.manifest.roles["answer_start_column"] == "answers.answer_start"
    assert list(frame["answers.text"]) == ["Oslo"] * 4
    assert list(frame["answers.answer_start"]) == [14] * 4


def annotated(*entries: dict[str, Any]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in entries)


@pytest.mark.parametrize(
    "entry",
    [
        {"label": [[0, 4, "PER"], [13, 21, "LOC"]]},
        {"entities": [[13, 21, "LOC"], [0, 4, "PER"]]},
        {"spans": [{"start": 0, "end": 4, "label": "PER"}, {"start": 13, "end": 21, "label": "LOC"}]},
    ],
    ids=["doccano", "spaCy", "Prodigy"],
)
def test_spans_become_tags_of_words(tmp_path: Path, import_files: ImportFiles, entry: dict[str, Any]) -> None:
    text = annotated({"text": "Anna flew to New York.", **entry}, {"text": "It rained", next(iter(entry)): []})

    data = import_files(made(tmp_path / "s", {"train.jsonl": text}))

    assert data.manifest.problem_type == "text_token_classification"
    assert rows(data) == [([*ANNA[0], "."], [*ANNA[1], "O"]), SHORT]


def test_a_span_that_ends_inside_a_word_splits_it(tmp_path: Path, import_files: ImportFiles) -> None:
    text = annotated({"text": "Oslo-based Annas", "label": [[0, 4, "LOC"], [11, 15, "PER"]]}) * 2

    data = import_files(made(tmp_path / "s", {"train.jsonl": text}))

    assert rows(data)[0] == (["Oslo", "-", "based", "Anna", "s"], ["B-LOC", "O", "O", "B-PER", "O"])


def test_spans_that_count_bytes_are_read_as_bytes(tmp_path: Path, import_files: ImportFiles) -> None:
    text = annotated(*[{"text": f"Zoë aß Käse in Köln {n}", "label": [[18, 23, "LOC"]]} for n in range(3)])

    data = import_files(made(tmp_path / "s", {"train.jsonl": text}))

    words, tags = rows(data)[0]
    assert [word for word, tag in zip(words, tags, strict=True) if tag != "O"] == ["Köln"]
    assert codes(data)["byte_offsets"].count == 3


def test_spans_beyond_the_text_and_overlapping_ones_are_left_out(tmp_path: Path, import_files: ImportFiles) -> None:
    good = {"text": "Anna flew", "label": [[0, 4, "PER"]]}
    beyond = {"text": "short", "label": [[0, 50, "PER"]]}
    overlapping = {"text": "New York City", "label": [[0, 8, "LOC"], [4, 13, "LOC"]]}

    data = import_files(made(tmp_path / "s", {"train.jsonl": annotated(good, good, beyond, overlapping)}))

    assert codes(data)["span_beyond"].examples == ("short",)
    assert codes(data)["span_overlap"].examples == ("New York City",)
    assert data.manifest.tables[0].rows == 2


def test_positions_that_became_floats_because_some_are_missing_are_positions(
    tmp_path: Path, import_files: ImportFiles
) -> None:
    context = "Max met Ana. Later Max left and Max never came back."
    text = f"question,context,answer,answer_start\nWho left?,{context},Max,19.0\nWho came back?,{context},,\n"

    data = import_files(made(tmp_path / "s", {"train.csv": text}))

    assert data.manifest.roles["answer_start_column"] == "answer_start"
    assert data.table("train.csv")["answer_start"].tolist()[0] == 19


@pytest.mark.parametrize("ending", ["conll", "jsonl"])
def test_files_of_one_split_are_joined_and_said(ending: str, tmp_path: Path, import_files: ImportFiles) -> None:
    marked = {"text": "Anna flew to Oslo", "spans": [{"start": 0, "end": 4, "label": "PER"}], "answer": "accept"}
    other = {**marked, "text": "Cleo flew to Rome"}
    text = {"conll": (lines("\t"), lines("\t").replace("Anna", "Cleo")), "jsonl": map(json.dumps, (marked, other))}
    first, second = text[ending]
    held_out = first.replace("Anna", "Ines")

    data = import_files(made(tmp_path / "s", {f"a.{ending}": first, f"b.{ending}": second, f"test.{ending}": held_out}))

    starts = [words[0] for words, _ in rows(data)]
    assert [one for one in starts if one != "It"] == ["Anna", "Cleo"]
    assert rows(data, "test")[0][0][0] == "Ines"
    assert [one.examples for one in data.findings() if one.code == "joined_files"] == [(f"a.{ending}", f"b.{ending}")]
