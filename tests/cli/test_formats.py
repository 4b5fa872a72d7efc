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
