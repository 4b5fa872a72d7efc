"""Words of sentences in rows, and in JSON of spaCy; tags whose word for outside is another than O."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.datasets.dataset import Dataset

ImportFiles = Callable[..., Dataset]
SENTENCES = [
    (["Mara", "Holt", "left", "Bergen"], ["B-PER", "I-PER", "O", "B-LOC"]),
    (["It", "cost", '"NA"', "null"], ["O", "O", "O", "O"]),
    (["Ines", "ran"], ["B-PER", "O"]),
]


def rows(data: Dataset, text: str = "text", label: str = "label") -> list[tuple[list[str], list[str]]]:
    table = data.manifest.table_of_role("train")
    assert table is not None
    frame = data.table(table.name)
    return [(list(words), list(tags)) for words, tags in zip(frame[text], frame[label], strict=True)]


def word_rows(sentence: str, name: Callable[[int, int], str]) -> str:
    """A CSV with a row a word; `name` is given the number of the sentence and of the word in it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([sentence, "Word", "POS", "Tag"])
    for number, (words, tags) in enumerate(SENTENCES, start=1):
        for place, (word, tag) in enumerate(zip(words, tags, strict=True)):
            writer.writerow([name(number, place), word, "NN", tag])
    return out.getvalue()


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Sentence #", lambda number, place: f"Sentence: {number}" if place == 0 else ""),
        ("sentence_id", lambda number, place: str(number)),
        ("Sent.", lambda number, place: f"s{number}"),
    ],
    ids=["Kaggle", "numbered in every row", "named in every row"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_one_word_a_row_is_grouped_by_its_sentence(
    sentence: str, name: Callable[[int, int], str], encoding: str, tmp_path: Path, import_files: ImportFiles
) -> None:
    (tmp_path / "ner.csv").write_text(word_rows(sentence, name), encoding=encoding)

    data = import_files(tmp_path / "ner.csv")

    assert data.manifest.problem_type == "text_token_classification"
    assert rows(data) == SENTENCES


def test_a_word_without_tag_leaves_its_sentence_out_and_is_named(tmp_path: Path, import_files: ImportFiles) -> None:
    text = word_rows("Sentence #", lambda number, place: f"S{number}" if place == 0 else "").replace(
        "ran,NN,O", "ran,NN,"
    )
    (tmp_path / "ner.csv").write_text(text)

    data = import_files(tmp_path / "ner.csv")

    assert rows(data) == SENTENCES[:2]
    assert next(one for one in data.findings() if one.code == "untagged_word").examples == ("ran: Ines ran",)


def test_a_table_of_texts_is_no_table_of_words(tmp_path: Path, scan_files: Any) -> None:
    (tmp_path / "a.csv").write_text("sentence,tag\nI am glad,good\nI am sad,bad\nIt rains,bad\nIt is warm,good\n")

    assert "word_rows" not in [one.id for one in scan_files(tmp_path / "a.csv").formats]


def test_json_of_spacy_is_read(tmp_path: Path, import_files: ImportFiles) -> None:
    sentences = [
        {"tokens": [{"orth": word, "ner": tag} for word, tag in zip(words, tags, strict=True)]}
        for words, tags in [*SENTENCES, (["Lost", "tag"], ["-", "O"])]
    ]
    (tmp_path / "train.json").write_text(json.dumps([{"id": 0, "paragraphs": [{"raw": "", "sentences": sentences}]}]))

    data = import_files(tmp_path / "train.json")

    assert rows(data) == SENTENCES
    assert next(one for one in data.findings() if one.code == "spacy_sentence").examples == ("Lost tag",)


@pytest.mark.parametrize("outside", ["0", "OUTSIDE", "_", "Other", "none"])
def test_another_word_for_outside_is_recognised_and_said(
    outside: str, tmp_path: Path, import_files: ImportFiles
) -> None:
    lines = [
        json.dumps({"tokens": words, "ner_tags": [outside if tag == "O" else tag for tag in tags]})
        for words, tags in SENTENCES
    ]
    (tmp_path / "train.jsonl").write_text("\n".join(lines))

    data = import_files(tmp_path / "train.jsonl")

    finding = next(one for one in data.findings() if one.code == "outside_tag")
    assert rows(data, "tokens", "ner_tags") == SENTENCES
    assert finding.level == "warning"
    assert outside in finding.message


@pytest.mark.parametrize("outside", ["0", "OUTSIDE", "_"])
def test_another_word_for_outside_is_recognised_in_lines(
    outside: str, tmp_path: Path, import_files: ImportFiles
) -> None:
    text = "\n".join(
        "".join(f"{word} {outside if tag == 'O' else tag}\n" for word, tag in zip(words, tags, strict=True))
        for words, tags in SENTENCES
    )
    (tmp_path / "train.conll").write_text(text)

    assert rows(import_files(tmp_path / "train.conll")) == SENTENCES


def test_numbers_among_which_none_is_outside_are_said(tmp_path: Path, import_files: ImportFiles) -> None:
    tags = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
    lines = [json.dumps({"tokens": ["a", "b", "c"], "pos_tags": one}) for one in tags]
    (tmp_path / "train.jsonl").write_text("\n".join(lines))

    codes = {one.code: one for one in import_files(tmp_path / "train.jsonl").findings()}

    assert codes["no_outside_tag"].level == "warning"
    assert "outside_tag" not in codes
