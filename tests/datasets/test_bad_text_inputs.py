"""The catalogue of bad inputs, rows E93 to E102 and those of labels and numbers, as texts can have them: one table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studio.datasets.dataset import Dataset
from studio.datasets.texts.text_part import TextPart
from studio.settings.sections.text_checks import share_longer
from tests.datasets.bad_cases import Case, check_case, classes, found, handled, refused, row_count
from tests.datasets.bad_uploads import Make

Row = dict[str, Any]


def choices(kind: str, **roles: Any) -> dict[str, Any]:
    return {"problem_type": kind, "roles": roles}


TC = choices("text_classification", text_column=["text"], label_columns=["label"])
TR = choices("text_regression", text_column=["text"], label_columns=["score"])
TR2 = choices("text_regression", text_column=["text"], label_columns=["one", "two"])
PAIR = choices("text_regression", text_column=["first", "second"], label_columns=["score"])
TML = choices("text_metric_learning", text_column=["text"], label_columns="label")
TT = choices("text_token_classification", text_column="text", label_columns="label")
T2T = choices("text_sequence_to_sequence", text_column="text", label_columns="label")
TS = choices("text_span_prediction", question_column="question", context_column="context", answer_column="answer")
TS_START = choices("text_span_prediction", **TS["roles"], answer_start_column="start")


def lines(*rows: Row, name: str = "train.jsonl", **others: list[Row]) -> Make:
    """Tables of JSON lines."""

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True)
        for table, content in {name: rows, **{f"{one}.jsonl": two for one, two in others.items()}}.items():
            (folder / table).write_text("".join(json.dumps(row) + "\n" for row in content))
        return folder

    return make


def parquet(**columns: pa.Array) -> Make:
    def make(folder: Path) -> Path:
        folder.mkdir(parents=True)
        pq.write_table(pa.table(columns), folder / "train.parquet")
        return folder

    return make


def csv(text: str) -> Make:
    def make(folder: Path) -> Path:
        folder.mkdir(parents=True)
        (folder / "train.csv").write_text(text)
        return folder

    return make


def texts(*given: Any, labels: str = "ab", **others: list[Row]) -> Make:
    """Four good rows, then one for each text given."""
    every = [*(f"a good text {number}" for number in range(4)), *given]
    return lines(*({"text": text, "label": labels[n % len(labels)]} for n, text in enumerate(every)), **others)


def scores(*given: Any, good: int = 20) -> Make:
    every = [*(1.0 + number % 7 / 10 for number in range(good)), *given]
    return lines(*({"text": f"a text {number}", "score": score} for number, score in enumerate(every)))


def tagged(*rows: tuple[list[Any], list[Any]], **others: list[Row]) -> Make:
    every = [(["Anna", "Berg", "left"], ["B-PER", "I-PER", "O"])] * 3 + list(rows)
    return lines(*({"text": words, "label": tags} for words, tags in every), **others)


CONTEXT = "Anna lives in Oslo. Ben lives in Rome."
GOOD = {"question": "Where is Anna?", "context": CONTEXT, "answer": "Oslo", "start": 14}


def asked(*rows: Row) -> Make:
    return lines(GOOD, {**GOOD, "question": "And where is Anna?"}, *({**GOOD, **row} for row in rows))


def pairs(*rows: tuple[Any, Any]) -> Make:
    every = [(f"a good text {number}", f"a good answer {number}") for number in range(4)]
    return lines(*({"text": text, "label": label} for text, label in [*every, *rows]))


def table(data: Dataset, role: Any = "train") -> pd.DataFrame:
    info = data.manifest.table_of_role(role)
    assert info is not None
    return data.table(info.name)


def last(column: str, value: Any) -> Callable[[Dataset], bool]:
    """Whether the last row holds this, lists compared as lists."""

    def holds(data: Dataset) -> bool:
        cell = table(data)[column].iloc[-1]
        return bool((list(cell) if isinstance(value, list) else cell) == value)

    return holds


def cut_share(max_length: int, low: float, high: float) -> Callable[[Dataset], bool]:
    return lambda data: low <= share_longer(data.profile().part(TextPart).lengths["text"].counts, max_length) <= high


def broken_text() -> pa.Array:
    """A text column whose one value is half a character."""
    return pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\3\0\0\0"), pa.py_buffer(b"\xed\xa0\xbd"))


STRANGE = "שלום 👩‍👩‍👧 e\u0301 a\u200bb \u202eabc\u202c"
E54 = [
    found("E54", "a constant", lines(*({"text": f"t {n}", "score": 2.5} for n in range(9))), "constant_target",
          choices=TR),
    refused("E54", "words", lines(*({"text": f"t {n}", "score": "high"} for n in range(9))), "text_target",
            met="'high'", choices=TR),
    refused("E54", "one word among numbers", csv("text,score\n" + "a b,1\n" * 30 + "c d,high\n"), "text_target",
            rows=(31,), choices=TR),
    refused("E54", "lists", lines(*({"text": f"t {n}", "score": [1]} for n in range(9))), "text_target", choices=TR),
    found("E54", "1e30", scores(1e30), "far_outlier", (21,), choices=TR),
    found("E54", "infinite", parquet(text=pa.array([f"t {n}" for n in range(5)]),
                                     score=pa.array([1.0, 2.0, 3.0, 4.0, float("inf")])), "not_finite", (5,),
          holds=row_count(4), choices=TR),
    found("E54", "missing", scores(None), "no_label", (21,), holds=row_count(20), choices=TR),
    found(
        "E56",
        "one of two missing",
        lines(*({"text": f"t {n}", "one": float(n), "two": None if n == 3 else 1.0 + n} for n in range(9))),
        "partly_missing",
        (4,),
        holds=row_count(9),
        choices=TR2,
    ),
    found(
        "E56",
        "both of two missing",
        lines(*({"text": f"t {n}", "one": None if n == 3 else 1.0 + n, "two": None if n == 3 else 2.0 * n}
                for n in range(9))),
        "no_label",
        (4,),
        holds=row_count(8),
        choices=TR2,
    ),
    found("E53", "1,200 classes", lines(*({"text": f"t {n}", "label": f"c{n % 1200}"} for n in range(2400))),
          "many_classes", choices=TC),
    found("E53", "1,200 identities", lines(*({"text": f"t {n}", "label": f"c{n % 1200}"} for n in range(2400))),
          "many_classes", choices=TML),
    found("E57", "letters composed or not", texts(labels=["é", "e\u0301"]), "twin_classes", choices=TC),
    found("E57", "a blank behind", texts("one more", labels=["a", "b", "a", "b", "b "]), "blanks_trimmed",
          holds=classes("a", "b"), choices=TC),
    found("E57", "identities with a blank behind", texts("one more", labels=["a", "b", "a", "b", "b "]),
          "blanks_trimmed", holds=classes("a", "b"), choices=TML),
    handled("E57", "a comma and a quote", texts(labels=['a,"x"', "b"]), classes('a,"x"', "b"), choices=TC),
    found("E58", "1,000 to 1", texts(*(f"text {n}" for n in range(1000)), labels=["b", *"a" * 1003]), "imbalance",
          choices=TC),
    found(
        "E60",
        "a column of dates",
        lines(*({"text": f"t {n}", "label": "ab"[n % 2], "sent": f"2024-03-{n + 1:02} 10:00:00"} for n in range(9))),
        "dates",
        words="sent",
        choices=TC,
    ),
    found(
        "E60",
        "dates of parquet",
        parquet(text=pa.array([f"t {n}" for n in range(6)]), label=pa.array(list("ababab")),
                sent=pa.array([n * 86_400_000 for n in range(19000, 19006)], pa.timestamp("ms"))),
        "dates",
        choices=TC,
    ),
]  # fmt: skip
E93 = [
    *(
        found("E93", f"{what}, {kind['problem_type']}", texts(text), "no_text", (5,), holds=row_count(4), choices=kind)
        for kind in (TC, TML, T2T)
        for what, text in (("empty", ""), ("missing", None), ("blanks", " \n\t "), ("zero-width", "\u200b\ufeff"))
    ),
    found("E93", "no words", tagged(([], [])), "no_text", (4,), holds=row_count(3), choices=TT),
    found("E93", "words of blanks", tagged(([" ", "\u200b"], ["O", "O"])), "no_text", (4,), choices=TT),
    found("E93", "no question", asked({"question": " "}), "no_text", (3,), holds=row_count(2), choices=TS),
    found("E93", "no context", asked({"context": None}), "no_text", (3,), holds=row_count(2), choices=TS),
    handled("E93", "numbers are texts", lines(*({"text": n, "label": "ab"[n % 2]} for n in range(6))),
            last("text", "5"), choices=TC),
    refused("E93", "lists are no texts", lines(*({"text": ["a"], "label": "ab"[n % 2]} for n in range(6))), "text_list",
            choices=TC),
    handled("E94", "10 MiB in a cell", texts("word " * (2 << 20)), cut_share(512, 0.19, 0.21), choices=TC),
    handled("E94", "10 MiB in a cell of a csv", csv("text,label\na b,a\nc d,b\n" + "x " * (5 << 20) + ",a\n"),
            cut_share(8192, 0.3, 0.4), choices=TC),
    handled("E95", "signs of all kinds", texts(STRANGE), last("text", STRANGE), choices=TC),
    handled("E95", "words of all kinds", tagged((["👩‍👩‍👧", "שלום", "e\u0301"], ["O", "B-PER", "O"])),
            last("text", ["👩‍👩‍👧", "שלום", "e\u0301"]), choices=TT),
    found("E95", "NUL and other control characters", texts("a\x00b\x07c"), "control_characters_removed", (5,),
          holds=last("text", "abc"), choices=TC),
    refused("E95", "a lone surrogate", texts("\ud83d alone"), "invalid_utf8", rows=(5,), choices=TC),
    refused("E95", "a lone surrogate in parquet", parquet(text=broken_text(), label=pa.array(["a"])), "parquet",
            choices=TC),
    handled("E96", "script and templates", texts("<script>alert(1)</script>{{7*7}}${x}"),
            last("text", "<script>alert(1)</script>{{7*7}}${x}"), choices=TC),
]  # fmt: skip
E97 = [
    found("E97", "more words than tags", tagged((["Ben", "left", "early"], ["B-PER", "O"])), "uneven_lists", (4,),
          met="3 words, 2 tags", holds=row_count(3), choices=TT),
    found("E97", "I- without B-", tagged((["so", "Ben", "left"], ["O", "I-PER", "O"])), "stray_inside", (4,),
          holds=row_count(3), choices=TT),
    found("E97", "I- of another type", tagged((["Ben", "Rome"], ["B-PER", "I-LOC"])), "stray_inside", (4,), choices=TT),
    found(
        "E97",
        "IOB1",
        lines(*({"text": ["Anna", "Ben", "left"], "label": ["I-PER", "B-PER", "O"]} for _ in range(3))),
        "iob1",
        (1, 2, 3),
        holds=last("label", ["B-PER", "B-PER", "O"]),
        choices=TT,
    ),
    found("E97", "a letter without a type", tagged((["Ben"], ["B-"])), "bad_tag", (4,), choices=TT),
    found("E97", "an empty tag", tagged((["Ben"], [""])), "bad_tag", (4,), choices=TT),
    found("E97", "no tags", tagged((["Ben"], None)), "no_label", (4,), choices=TT),  # type: ignore[arg-type]
    found("E97", "a tag that training lacks", tagged(test=[{"text": ["Oslo"], "label": ["B-LOC"]}] * 2), "unseen_label",
          (1, 2), choices=TT),
    refused("E97", "only O", lines(*({"text": ["a", "b"], "label": ["O", "O"]} for _ in range(3))), "one_class",
            choices=TT),
    found("E97", "texts with blanks for lists", lines(*({"text": "Anna left", "label": "B-PER O"} for _ in range(3))),
          "split_words", holds=last("label", ["B-PER", "O"]), choices=TT),
    found("E97", "tags as numbers", lines(*({"text": ["a", "b"], "label": [0, 1]} for _ in range(3))), "outside_tag",
          (1, 2, 3), holds=last("label", ["O", "1"]), choices=TT),
    found("E98", "not in the context", asked({"answer": "Paris"}), "answer_not_in_context", (3,), holds=row_count(2),
          choices=TS),
    found("E98", "start wrong", asked({"start": 3}), "answer_start", (3,), holds=last("start", 14), choices=TS_START),
    found("E98", "start in bytes", asked({"context": "Zoë ißt in Köln.", "answer": "Köln", "start": 13}),
          "byte_offsets", (3,), holds=last("start", 11), choices=TS_START),
    found("E98", "start in UTF-16", asked({"context": "👍👍 in Köln", "answer": "Köln", "start": 8}), "utf16_offsets",
          (3,), holds=last("start", 6), choices=TS_START),
    found("E98", "several answers", lines(*({**GOOD, "answer": ["Oslo", "in Oslo"], "question": f"{n}?"}
          for n in range(3))), "several_answers", (1, 2, 3), holds=last("answer", "Oslo"), choices=TS),
    found("E98", "no answer", asked({"answer": "", "start": None}), "no_answer", (3,), holds=last("answer", ""),
          choices=TS_START),
    refused("E98", "no answer anywhere", lines(*({**GOOD, "answer": "Paris"} for _ in range(3))), "no_answers",
            choices=TS),
    found("E98", "other blanks and case", asked({"answer": "LIVES  in oslo"}), "answer_spelling", (3,),
          holds=last("answer", "lives in Oslo"), choices=TS),
    found("E98", "twice in the context", lines(*({"question": f"{n}?", "context": CONTEXT, "answer": "lives in"}
          for n in range(3))), "ambiguous_answer", (1, 2, 3), choices=TS),
    handled("E98", "the answer None", asked({"context": "None of them.", "answer": "None", "start": 0}),
            last("answer", "None"), choices=TS_START),
    handled("E98", "the answer None in a csv",
            csv('question,context,answer\nWho?,"Anna, or None",None\nWhat?,"NA, that is",NA\n'), last("answer", "NA"),
            choices=TS),
]  # fmt: skip
E99 = [
    found("E99", "empty target", pairs(("one more text", " ")), "no_label", (5,), holds=row_count(4), choices=T2T),
    found("E99", "missing target", pairs(("one more text", None)), "no_label", (5,), holds=row_count(4), choices=T2T),
    found("E99", "target is the text", pairs(("one more text", "one more text")), "copied_target", (5,), choices=T2T),
    found("E99", "special tokens", pairs(("a </s> b [SEP] <|endoftext|>", "c")), "special_tokens", (5,),
          holds=last("text", "a </s> b [SEP] <|endoftext|>"), choices=T2T),
    handled("E99", "the target None", pairs(("one more text", "None")), last("label", "None"), choices=T2T),
    found("E100", "second text missing", lines(*({"first": f"t {n}", "second": None if n == 2 else "u", "score": n / 9}
          for n in range(9))), "no_text", (3,), holds=row_count(8), words="second", choices=PAIR),
    found("E100", "a score above 1", lines(*({"first": f"t {n}", "second": f"u {n}", "score": 7.0 if n == 3 else n / 40}
          for n in range(40))), "outside_unit", (4,), holds=row_count(39), choices=PAIR),
    handled("E100", "scores of another range", lines(*({"first": f"t {n}", "second": f"u {n}", "score": n / 4}
            for n in range(20))), row_count(20), choices=PAIR),
    found("E102", "all texts alike", lines(*({"text": "same", "label": "ab"[n % 2]} for n in range(6))),
          "identical_texts", choices=TC),
    found("E102", "texts of test in train", texts(test=[{"text": "a good text 1", "label": "a"}, {"text": "new",
          "label": "b"}]), "leak", (1,), choices=TC),
    found("E102", "texts of test in train but for case and punctuation", texts(test=[{"text": "A good  text (1)!",
          "label": "a"}, {"text": "a good text 1 2", "label": "b"}]), "leak", (1,), choices=TC),
    refused("E30", "one label", texts(labels="a"), "one_class", choices=TML),
    refused("E30", "a label a row", texts(labels="abcd"), "all_different", choices=TML),
    handled("E59", "labels of their own in test", texts(test=[{"text": f"new {n}", "label": "z"} for n in range(3)]),
            lambda data: len(table(data, "test")) == 3, choices=TML),
]  # fmt: skip
CASES = [*E54, *E93, *E97, *E99]
ELSEWHERE = {"E101": "tests/modeling/text/test_mismatched_tokenizer.py"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.what}")
def test_a_bad_input_is_refused_found_or_handled(
    tmp_path: Path, scan_files: Any, import_files: Any, case: Case
) -> None:
    check_case(case, tmp_path, scan_files, import_files)


def test_every_row_of_the_catalogue_is_accounted_for() -> None:
    cases = {case.row for case in CASES}

    assert {f"E{number}" for number in range(93, 103)} <= cases | set(ELSEWHERE)
    assert {"E53", "E54", "E56", "E57", "E58", "E60"} <= cases
    assert all((Path(__file__).parents[2] / place).is_file() for place in ELSEWHERE.values())


def test_dropped_rows_come_with_the_beginning_of_their_text(import_files: Any, tmp_path: Path) -> None:
    source = tagged((["Ben", "went", "home"], ["B-PER", "O"]))(tmp_path / "s")

    data = import_files(source, TT)

    finding = next(one for one in data.findings() if one.code == "uneven_lists")
    assert finding.examples == ("3 words, 2 tags: Ben went home",)


def test_answers_that_are_objects_in_cells_are_their_texts_and_positions(import_files: Any, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    rows = "".join(
        f"Who is {n}?,Max and Max{n} and Max,\"[{{'text': 'Max', 'answer_start': {8 if n else 0}}}]\"\n"
        for n in range(4)
    )
    (tmp_path / "s" / "train.csv").write_text(f"question,context,answers\n{rows}")

    data = import_files(tmp_path / "s")

    assert data.table("train.csv")["answers"].tolist() == ["Max"] * 4
    assert "ambiguous_answer" not in {one.code for one in data.findings()}
