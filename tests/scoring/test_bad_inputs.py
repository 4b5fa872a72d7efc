"""The catalogue of bad inputs, rows E137 to E140: what is sent to a model, wherever the model runs."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.workspace import import_example, make_run
from studio.errors import BundleError, StudioError
from studio.modeling.recipe import Media
from studio.scoring.input_checks import InputError
from studio.scoring.pipeline import Order, predict_file
from studio.scoring.predictor import Predictor
from studio.training.worker import run_worker

TEXT_SETTINGS = {
    "architecture.backbone": "scratch/bert-mini",
    "architecture.pretrained": False,
    "training.epochs": 1,
    "environment.number_of_workers": 0,
}
Case = tuple[str, str, Any, str]
TEXTS: list[Case] = [
    ("E138", "nothing", None, "there is no value"),
    ("E138", "NaN", float("nan"), "there is no value"),
    ("E138", "infinity", float("inf"), "not finite"),
    ("E137", "a list", ["a", "b"], "no text (list)"),
    ("E137", "a mapping", {"a": 1}, "no text (dict)"),
    ("E137", "bytes", b"x", "no text (bytes)"),
]
IMAGES: list[Case] = [
    ("E138", "nothing", None, "there is no value"),
    ("E137", "no name", "", "there is no value"),
    ("E137", "a number", 3, "no file name (int)"),
    ("E137", "a file that is not there", "gone.png", "not in the folder"),
    ("E137", "a way out of the folder", "../../../etc/passwd", "not in the folder"),
    ("E137", "an absolute path", "/etc/passwd", "not in the folder"),
    ("E137", "NUL", "a\0b", "not in the folder"),
]
FILES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("no image", lambda data: b"hello", "not a supported image"),
    ("an image that is cut off", lambda data: data[:200], "truncated"),
    ("an empty file", lambda data: b"", "empty"),
]


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    root = tmp_path_factory.mktemp("texts")
    dataset = import_example("text_classification", root / "datasets" / "reviews")
    folder = make_run(root / "runs" / "run", dataset, TEXT_SETTINGS, threads=1)
    assert run_worker(folder) == 0
    return Predictor.load(folder / "bundle")


@pytest.fixture(scope="session")
def images(packed: Path) -> Predictor:
    return Predictor.load(packed / "bundle")


@pytest.fixture
def media(packed: Path, tmp_path: Path) -> Media:
    source = next(packed.parents[1].glob("datasets/*/media/images"))
    for path in sorted(source.iterdir())[:2]:
        shutil.copy(path, tmp_path)
    return Media(tmp_path)


def names(media: Media) -> list[str]:
    return sorted(path.name for path in media.root.iterdir())


@pytest.mark.parametrize(("row", "what", "value", "words"), TEXTS, ids=lambda value: str(value)[:20])
def test_a_cell_that_is_no_text_is_refused_by_row(
    texts: Predictor, tmp_path: Path, row: str, what: str, value: Any, words: str
) -> None:
    table = pd.DataFrame({"text": pd.Series(["good", value, "bad", value], dtype=object)})

    with pytest.raises(InputError) as raised:
        texts.predict(table, Media(tmp_path))

    [finding] = raised.value.findings
    assert words in finding.message
    assert (finding.path, finding.rows, finding.count) == ("text", (2, 4), 2)
    assert finding.fix
    assert finding.found
    assert finding.expected


@pytest.mark.parametrize(("row", "what", "value", "words"), IMAGES, ids=lambda value: str(value)[:20])
def test_a_cell_that_names_no_file_is_refused_by_row(
    images: Predictor, media: Media, row: str, what: str, value: Any, words: str
) -> None:
    table = pd.DataFrame({"image": pd.Series([names(media)[0], value], dtype=object)})

    with pytest.raises(InputError) as raised:
        images.predict(table, media)

    [finding] = raised.value.findings
    assert words in finding.message
    assert finding.rows == (2,)


@pytest.mark.parametrize(("what", "change", "words"), FILES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_file_that_cannot_be_read_is_named_with_its_row(
    images: Predictor, media: Media, what: str, change: Callable[[bytes], bytes], words: str
) -> None:
    good = names(media)[0]
    (media.root / "bad.png").write_bytes(change((media.root / good).read_bytes()))

    with pytest.raises(StudioError) as raised:
        images.predict(pd.DataFrame({"image": [good, "bad.png"]}), media)

    assert "Row 2" in raised.value.message
    assert "bad.png" in raised.value.message
    assert words in raised.value.message


def test_everything_is_told_at_once(texts: Predictor, tmp_path: Path) -> None:
    table = pd.DataFrame({"text": pd.Series([None, float("inf"), ["a"]], dtype=object)})

    with pytest.raises(InputError) as raised:
        texts.predict(table, Media(tmp_path))

    assert [finding.rows for finding in raised.value.findings] == [(1,), (2,), (3,)]


def test_a_missing_column_and_an_empty_table_are_refused(texts: Predictor, tmp_path: Path) -> None:
    for table, code in ((pd.DataFrame({"words": ["a"]}), "missing_column"), (pd.DataFrame({"text": []}), "no_rows")):
        with pytest.raises(InputError) as raised:
            texts.predict(table, Media(tmp_path))

        assert [finding.code for finding in raised.value.findings] == [code]


def test_further_columns_and_another_order_change_nothing(texts: Predictor, tmp_path: Path) -> None:
    plain = pd.DataFrame({"text": ["a good one", "a bad one"]})
    other = pd.DataFrame({"z": [1, 2], "text": ["a good one", "a bad one"], "label": ["x", None]})

    expected, found = (texts.predict(table, Media(tmp_path)) for table in (plain, other))

    for one, two in zip(expected.raw, found.raw, strict=True):
        np.testing.assert_array_equal(one["probabilities"], two["probabilities"])


def test_numbers_in_a_text_column_are_read_as_their_digits(texts: Predictor, tmp_path: Path) -> None:
    words, numbers = (pd.DataFrame({"text": values}) for values in (["12", "7"], [12, 7]))

    expected, found = (texts.predict(table, Media(tmp_path)) for table in (words, numbers))

    np.testing.assert_array_equal(expected.raw[0]["probabilities"], found.raw[0]["probabilities"])


def test_the_pipeline_says_the_same_without_a_trace(packed: Path, media: Media, tmp_path: Path) -> None:
    """One code path: `score.py --strict` refuses what the predictor refuses, with exit code 2 and a sentence."""
    (media.root / "table.csv").write_text(f"image\n{names(media)[0]}\ngone.png\n")
    with zipfile.ZipFile(packed / "pipeline.zip") as archive:
        archive.extractall(tmp_path / "pipeline")

    done = subprocess.run(
        [
            sys.executable,
            "score.py",
            "predict",
            "--table",
            str(media.root / "table.csv"),
            "-o",
            str(tmp_path / "o.csv"),
            "--strict",
        ],
        cwd=tmp_path / "pipeline",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 2
    assert "a file that is not in the folder in row 2" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "o.csv").exists()


def test_without_the_switch_a_bad_row_costs_itself_only(
    packed: Path, media: Media, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = names(media)
    (media.root / "table.csv").write_text(f"image\n{good[0]}\ngone.png\n./{good[1].upper()}\n")

    assert predict_file(packed, Order(media.root / "table.csv", tmp_path / "o.csv")) == 3

    rows = pd.read_csv(tmp_path / "o.csv")
    assert rows["image"].tolist() == [good[0], "gone.png", good[1]]
    assert rows["pred_label"].notna().tolist() == [True, False, True]
    told = capsys.readouterr().err
    assert "a file that is not in the folder in row 2. 1 row got no prediction." in told
    assert "1 file name" in told


def test_an_altered_bundle_is_refused(packed: Path, tmp_path: Path) -> None:
    """E140: of every file in it, by its hash."""
    for name in sorted(json.loads((packed / "bundle" / "bundle.json").read_text())["files"]):
        copy = tmp_path / name.replace("/", "-")
        shutil.copytree(packed / "bundle", copy)
        data = bytearray((copy / name).read_bytes())
        data[-1] ^= 1
        (copy / name).write_bytes(bytes(data))

        with pytest.raises(BundleError) as raised:
            Predictor.load(copy)

        assert name in raised.value.message
        assert raised.value.hint
