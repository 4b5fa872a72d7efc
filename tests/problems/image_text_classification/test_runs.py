"""Whole runs with everything that the example does not have: several labels, several texts, rows without labels."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks.workspace import Source, import_dataset, make_run
from studio.datasets.dataset import Dataset
from studio.files import read_json
from studio.importing.scan import scan_files
from studio.results.sample_view import SampleView
from studio.runs.events import decode
from studio.training.worker import run_worker

SMALL: dict[str, Any] = {
    "image.image_width": 32,
    "image.image_height": 32,
    "tokenizer.max_length": 24,
    "architecture.image_backbone": "test_resnet",
    "architecture.image_pretrained": False,
    "architecture.text_backbone": "scratch/bert-mini",
    "architecture.text_pretrained": False,
    "architecture.fusion": "Gated",
    "architecture.fusion_size": 32,
    "training.learning_rate": 2e-3,
    "training.epochs": 18,
    "training.batch_size": 8,
    "training.evaluation_epochs": 18.0,
    "training.build_scoring_pipelines": False,
    "environment.number_of_workers": 0,
    "environment.mixed_precision_training": False,
    "logging.number_of_images": 2,
}
ROLES = {"image_column": "photo", "text_column": ("title", "body"), "label_columns": ("dark", "sharp")}


def write_rows(folder: Path, name: str, count: int, generator: np.random.Generator) -> None:
    """Photos that are dark or light, with titles that say whether they are sharp."""
    rows = [("photo", "title", "body", "dark", "sharp")]
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    for number in range(count):
        dark, sharp = (int(value) for value in generator.integers(0, 2, 2))
        pixels = generator.integers(0, 60, (24, 24, 3)) + (0 if dark else 190)
        file = f"{name}_{number}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "photos" / file)
        title = ("a blurred one of number", "a crisp one of number")[sharp]
        rows.append((file, f"{title} {number}", "taken on a day in the park", str(dark), str(sharp)))
    with (folder / f"{name}.csv").open("w", newline="") as written:
        csv.writer(written).writerows(rows)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for name, count in (("train", 64), ("test", 16)):
        write_rows(folder / "files", name, count, generator)
    found = scan_files(folder / "files", {}).choices
    assert found.problem_type == "image_text_classification"
    source = Source("image_text_classification", folder / "files", ROLES, media_folder="photos")
    return import_dataset(source, folder / "datasets" / "photos")


def test_several_labels_and_texts_are_learned_and_unlabeled_rows_are_labeled(dataset: Dataset, tmp_path: Path) -> None:
    changes = {**SMALL, "dataset.unlabeled_dataframe": "test.csv", "dataset.separator": " - "}
    folder = make_run(tmp_path / "runs" / "run", dataset, changes, threads=1)

    assert run_worker(folder) == 0, (folder / "events.jsonl").read_text()[-2000:]

    events = [decode(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]
    log = "\n".join(event.text for event in events if event.kind == "log")
    assert "multi-label" in log
    assert "Pseudo labels:" in log
    table = pd.read_parquet(folder / "predictions" / "validation.parquet")
    assert {"pred_dark", "pred_sharp", "title", "body", "photo"} <= set(table.columns)
    assert events[-1].metrics["validation"]["ROC_AUC"] > 0.9  # type: ignore[union-attr]
    for sample in read_json(folder / "insights" / "validation-worst.json")["payload"]["samples"]:
        view = SampleView.model_validate(sample)
        assert view.media is not None
        assert view.heatmap is not None
        assert " - taken on a day" in view.texts[0].text


def test_rows_without_any_text_are_dropped_and_named(tmp_path: Path) -> None:
    write_rows(tmp_path / "files", "train", 12, np.random.default_rng(1))
    table = pd.read_csv(tmp_path / "files" / "train.csv")
    table.loc[[2, 5], ["title", "body"]] = ""
    table.to_csv(tmp_path / "files" / "train.csv", index=False)
    source = Source("image_text_classification", tmp_path / "files", ROLES, test=None, media_folder="photos")

    dataset = import_dataset(source, tmp_path / "datasets" / "photos")

    assert dataset.manifest.tables[0].rows == 10
    assert any("text" in finding.code and list(finding.rows) == [3, 6] for finding in dataset.findings())
