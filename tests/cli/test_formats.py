"""Data formats and tables without labels on the command line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.commands.app import run


def imported(capsys: pytest.CaptureFixture[str], home: Path, source: Path, *words: str) -> tuple[int, Any, str]:
    code = run(["dataset", "import", str(source), "--name", "mine", "--home", str(home), "--json", *words])
    shown = capsys.readouterr()
    return code, json.loads(shown.out) if shown.out else None, shown.err


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    for split in ("train", "val"):
        for label in ("cat", "dog"):
            folder = tmp_path / "source" / split / label
            folder.mkdir(parents=True)
            for number in range(3):
                pixels = generator.integers(0, 255, (20, 20, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "source"


def test_a_format_is_named_or_recognised(capsys: pytest.CaptureFixture[str], tmp_path: Path, pictures: Path) -> None:
    code, made, told = imported(capsys, tmp_path / "home", pictures, "--format", "image_folder")

    assert code == 0, told
    assert made["problem_type"] == "image_classification"
    assert made["rows"] == {"train": 6, "validation": 6}


def test_an_unknown_format_lists_those_there_are(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pictures: Path
) -> None:
    code, _, told = imported(capsys, tmp_path / "home", pictures, "--format", "imagefolder")

    assert code == 2
    assert "image_folder" in told


def test_a_table_without_labels_is_imported_to_be_predicted_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pictures: Path
) -> None:
    (pictures / "new.csv").write_text("image\ncat/0.png\ndog/1.png\n")

    code, made, told = imported(
        capsys, tmp_path / "home", pictures, "--problem-type", "image_classification", "--format", "table",
        "--train", "None", "--test", "new.csv",
    )  # fmt: skip

    assert code == 0, told
    assert made["rows"] == {"test": 2}
    assert made["roles"] == {"image_column": "image"}


def test_a_bare_csv_of_texts_becomes_a_dataset(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [f"some words about number {n},{'yes' if n % 2 else 'no'}" for n in range(12)]
    (tmp_path / "reviews.csv").write_text("review,liked\n" + "\n".join(rows) + "\n")

    code, made, told = imported(
        capsys, tmp_path / "home", tmp_path / "reviews.csv", "--problem-type", "text_classification",
        "--role", "review=text_column", "--role", "liked=label_columns",
    )  # fmt: skip

    assert code == 0, told
    assert made["problem_type"] == "text_classification"
    assert made["rows"] == {"train": 12}


def test_train_and_test_of_texts_come_from_two_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text(
            "text,score\n" + "".join(f"{name} has words {n},{n / 4}\n" for n in range(9))
        )

    code, made, told = imported(
        capsys, tmp_path / "home", tmp_path / "one.csv", "--test", str(tmp_path / "two.csv"),
        "--problem-type", "text_regression",
    )  # fmt: skip

    assert code == 0, told
    assert made["rows"] == {"train": 9, "test": 9}


def test_a_conll_file_is_an_upload_of_its_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text("Anna B-PER\nran O\n\n" * 6)

    code, made, told = imported(capsys, tmp_path / "home", tmp_path / "train.conll", "--format", "conll")

    assert code == 0, told
    assert made["problem_type"] == "text_token_classification"
    assert made["rows"] == {"train": 6}


def test_bad_rows_of_texts_are_told_with_their_fix(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "some good words,a\nother good words,b\n" * 4 + '"  ",a\n')

    code, made, told = imported(capsys, tmp_path / "home", tmp_path / "a.csv", "--problem-type", "text_classification")

    assert code == 0, told
    assert made["rows"] == {"train": 8}
    assert "empty or only spaces" in told
