"""Which problem type a table is taken for, with its columns: real sets, and small tables of every look."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.importing.scan_result import Scan
from studio.problems.registry import problem_types

SHARED = Path(__file__).parents[3] / "shared" / "data"
SETS = sorted(SHARED.glob("*__*"))
SECOND = {"text_metric_learning", "image_metric_learning"}
"""Tables of texts or images with labels, which are classification as well."""
ROLES: dict[str, dict[str, Any]] = {
    "image_regression__nuclei_count": {"image_column": "image", "label_columns": ["nuclei_count"]},
    "image_metric_learning__omniglot": {"image_column": "image", "label_columns": "label"},
    "text_classification__banking77": {"text_column": ["text"], "label_columns": ["label"]},
    "text_classification__email_spam": {"text_column": ["text"], "label_columns": ["spam"]},
    "text_metric_learning__clinc150": {"text_column": ["text"], "label_columns": "label"},
    "text_regression__emobank": {"text_column": ["text"], "label_columns": ["valence", "arousal", "dominance"]},
    "text_sequence_to_sequence__e2e": {"text_column": "text", "label_columns": "label"},
    "text_span_prediction__xquad_en": {
        "question_column": "question",
        "context_column": "context",
        "answer_column": "answer",
        "answer_start_column": "answer_start",
    },
    "text_token_classification__wnut17": {"text_column": "text", "label_columns": "label"},
}
ScanFiles = Callable[..., Scan]


@pytest.mark.skipif(not SETS, reason="the shared data is not beside this repository")
@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_real_sets_are_guessed(tmp_path: Path, scan_files: ScanFiles, folder: Path) -> None:
    kind = folder.name.partition("__")[0]

    guesses = scan_files(folder).guesses

    names = [guess.problem_type for guess in guesses]
    if not kind.startswith("text_"):
        assert not [name for name in names if name.startswith("text_")], "a column of files wins"
    if kind not in problem_types():
        return
    assert names[0] == kind or (kind in SECOND and names[1] == kind)
    chosen = next(guess for guess in guesses if guess.problem_type == kind)
    assert chosen.roles == ROLES.get(folder.name, chosen.roles)
    assert all(reason for guess in guesses for reason in guess.reasons)


@pytest.mark.skipif(not SETS, reason="the shared data is not beside this repository")
def test_a_bare_csv_of_several_labels_takes_all_of_them(tmp_path: Path, scan_files: ScanFiles) -> None:
    shutil.copy(SHARED / "text_classification__nlupp_banking" / "train.csv", tmp_path / "data.csv")

    chosen = scan_files(tmp_path / "data.csv").choices

    assert chosen.problem_type == "text_classification"
    assert chosen.train == "data.csv"
    assert len(chosen.roles["label_columns"] or ()) == 45


PROSE = "some words about thing number {}"
LOOKS: dict[str, tuple[str, Callable[[int], dict[str, Any]]]] = {
    "a text and a class": ("text_classification", lambda n: {"review": PROSE.format(n), "sentiment": "ab"[n % 2]}),
    "a text and 0 or 1": ("text_classification", lambda n: {"review": PROSE.format(n), "spam": n % 2}),
    "a text and stars": ("text_regression", lambda n: {"review": PROSE.format(n), "rating": n % 5 + 1}),
    "a text and fractions": ("text_regression", lambda n: {"review": PROSE.format(n), "weight": n / 7}),
    "an article and a summary": (
        "text_sequence_to_sequence",
        lambda n: {"article": PROSE.format(n) * 5, "summary": PROSE.format(n)},
    ),
    "two languages": ("text_sequence_to_sequence", lambda n: {"en": PROSE.format(n), "de": f"ein Satz über Nr {n}"}),
    "words and tags": ("text_token_classification", lambda n: {"tokens": ["Anna", "ran"], "ner_tags": ["B-PER", "O"]}),
    "words and tags as texts": ("text_token_classification", lambda n: {"words": "Anna ran", "tags": "B-PER O"}),
    "words and parts of speech": (
        "text_token_classification",
        lambda n: {"words": [f"w{n}", "ran", "x"], "pos": ["NOUN", "VERB", "X"]},
    ),
    "question and passage": (
        "text_span_prediction",
        lambda n: {"query": PROSE.format(n), "passage": PROSE.format(n), "answer_text": "thing"},
    ),
    "answers of the hub": (
        "text_span_prediction",
        lambda n: {
            "question": "what?",
            "context": PROSE.format(n),
            "answers": {"text": ["thing"], "answer_start": [17]},
        },
    ),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_table_is_taken_for_what_it_looks_like(tmp_path: Path, scan_files: ScanFiles, look: str) -> None:
    kind, row = LOOKS[look]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row(n)) + "\n" for n in range(60)))

    guesses = scan_files(tmp_path / "data.jsonl").guesses

    assert guesses[0].problem_type == kind
    required = [role.name for role in problem_types()[kind].roles if role.is_required]
    assert all(guesses[0].roles.get(name) for name in required)


def test_a_table_without_prose_is_no_text_problem(tmp_path: Path, scan_files: ScanFiles) -> None:
    (tmp_path / "data.csv").write_text("colour,size,price\n" + "red,large,3.5\nblue,small,2.5\n" * 20)

    assert scan_files(tmp_path / "data.csv").guesses == []


@pytest.mark.parametrize(
    ("column", "codes", "kind"),
    [
        ("outcome", (0.0, 1.0), "text_classification"),
        ("label", (0.0, 1.0, 2.0), "text_classification"),
        ("score", (0.5, 1.0, 2.5), "text_regression"),
    ],
)
def test_whole_numbers_with_a_point_are_codes_of_classes(
    column: str, codes: tuple[float, ...], kind: str, tmp_path: Path, scan_files: ScanFiles
) -> None:
    (tmp_path / "s").mkdir()
    words = ("the soup was warm", "a train was late", "we walked by the lake", "cold rooms again")
    rows = "".join(f"{words[n % 4]} and then {n},{codes[n % len(codes)]}\n" for n in range(24))
    (tmp_path / "s" / "train.csv").write_text(f"text,{column}\n{rows}")

    [best, *_] = scan_files(tmp_path / "s").guesses

    assert (best.problem_type, best.roles["label_columns"]) == (kind, [column])
