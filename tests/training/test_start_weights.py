"""Start weights: taken over by name and label, with what was left out said; and prediction with them alone."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import torch

from studio.datasets.dataset import Dataset
from studio.modeling.recipe import LabelAlignedRows
from studio.scoring.pipeline import verify
from studio.training.start.start_weights import matched

if TYPE_CHECKING:
    from .conftest import Work, Worked


def log(done: "Worked", level: str = "") -> str:
    return "\n".join(event.text for event in done.of_kind("log") if level in ("", event.level))


@pytest.fixture
def first(work: "Work") -> "Worked":
    """A trained run to start from."""
    return work("first", {"training.epochs": 1})


def test_zero_epochs_with_start_weights_only_evaluate_them(work: "Work", first: "Worked") -> None:
    done = work("again", {"training.epochs": 0}, start_weights=str(first.folder / "bundle"))

    before, after = first.weights(), done.weights()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert done.series("validation.loss")[0][1] == pytest.approx(first.series("validation.loss")[-1][1], abs=1e-6)
    assert log(done, "warning") == ""
    assert f"{len(after)} of {len(after)} tensors" in log(done)


def test_training_goes_on_from_start_weights(work: "Work", first: "Worked") -> None:
    settings = {"training.epochs": 1, "training.learning_rate": 1e-9, "training.optimizer": "SGD"}

    done = work("again", settings, start_weights=str(first.folder / "bundle"))

    before, after = first.weights(), done.weights()
    assert float((before["head.weight"] - after["head.weight"]).abs().max()) < 1e-6


def test_other_channels_leave_the_first_layer_and_say_so(work: "Work", first: "Worked") -> None:
    done = work("again", {"training.epochs": 0, "image.image_channels": 1}, start_weights=str(first.folder / "bundle"))

    assert done.code == 0
    assert "Different shape" in log(done, "warning")
    assert "conv" in log(done, "warning")


def test_another_backbone_is_refused(work: "Work", first: "Worked") -> None:
    settings = {"architecture.backbone": "test_efficientnet"}

    done = work("again", settings, start_weights=str(first.folder / "bundle"))

    failed = done.of_kind("failed")[0]
    assert failed.code == "start_weights"
    assert "test_resnet" in failed.message
    assert "test_efficientnet" in failed.message


def test_a_damaged_bundle_is_refused(work: "Work", first: "Worked", tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(first.folder / "bundle", copy)
    with (copy / "model.safetensors").open("ab") as file:
        file.write(b"x")

    done = work("again", start_weights=str(copy))

    assert done.of_kind("failed")[0].code == "bundle"


def test_rows_of_known_labels_move_and_new_ones_stay() -> None:
    own = {"head": torch.zeros(3, 2), "body": torch.zeros(4)}
    found = {"head": torch.tensor([[1.0, 1.0], [2.0, 2.0]]), "body": torch.ones(4), "old": torch.ones(1)}

    loaded = matched(own, found, ["cat", "dog"], ["ant", "dog", "cat"], {"head": LabelAlignedRows()})

    assert loaded.taken["head"].tolist() == [[0.0, 0.0], [2.0, 2.0], [1.0, 1.0]]
    assert (loaded.by_label, loaded.unexpected, loaded.labels) == (["head"], ["old"], ("dog", "cat"))


def test_rows_move_with_background_anchors_and_sides() -> None:
    rows = LabelAlignedRows(background=1, inner=2)
    found = {"box": torch.arange(2 * 3 * 2).float()}
    own = {"box": torch.full((2 * 2 * 2,), -1.0)}

    loaded = matched(own, found, ["cat", "dog"], ["dog"], {"box": rows})

    # Two groups of (background, cat, dog) x 2 rows: background and dog are kept.
    assert loaded.taken["box"].tolist() == [0.0, 1.0, 4.0, 5.0, 6.0, 7.0, 10.0, 11.0]


def test_one_output_for_two_classes_cannot_be_split_by_label() -> None:
    loaded = matched(
        {"head": torch.zeros(1, 2)}, {"head": torch.ones(1, 2)}, ["a", "b"], ["b", "c"], {"head": LabelAlignedRows()}
    )

    assert loaded.taken == {}
    assert loaded.misshapen == ["head"]


def test_without_a_train_dataframe_the_test_rows_are_predicted(work: "Work", first: "Worked", shapes: Dataset) -> None:
    settings = {
        "dataset.train_dataframe": None,
        "dataset.test_dataframe": "test.csv",
        "training.build_scoring_pipelines": True,
    }

    done = work("again", settings, start_weights=str(first.folder / "bundle"))

    table = pd.read_parquet(done.folder / "predictions" / "test.parquet")
    finished = done.of_kind("finished")[0]
    assert done.code == 0
    assert len(table) == len(shapes.table("test.csv"))
    assert list(finished.metrics) in (["test"], [])
    assert not (done.folder / "predictions" / "validation.parquet").exists()
    assert done.series("train.loss") == []
    assert {event.entry.group for event in done.of_kind("insight")} == {"test"}
    assert (done.folder / "pipeline.zip").is_file()
    difference, allowed = verify_golden(done.folder)
    assert difference <= allowed


def verify_golden(folder: Path) -> tuple[float, float]:
    target = folder / "unpacked"
    shutil.unpack_archive(folder / "pipeline.zip", target)
    return verify(next(path.parent for path in target.rglob("bundle")))


def test_without_a_train_dataframe_and_weights_there_is_no_model(work: "Work") -> None:
    done = work(settings={"dataset.train_dataframe": None, "dataset.test_dataframe": "test.csv"})

    failed = done.of_kind("failed")[0]
    assert failed.code == "no_model"
    assert failed.setting == "general.use_previous_experiment_weights"


def test_without_train_and_test_dataframes_there_is_nothing_to_do(work: "Work") -> None:
    done = work(settings={"dataset.train_dataframe": None, "dataset.test_dataframe": None})

    assert done.of_kind("failed")[0].code == "nothing_to_do"


def test_test_rows_read_their_own_folder(work: "Work", first: "Worked", shapes: Dataset, tmp_path: Path) -> None:
    copy = tmp_path / "dataset"
    shutil.copytree(shapes.folder, copy)
    names = shapes.table("test.csv")["image"]
    media = copy / "media"
    folder = shapes.manifest.media_folder
    (media / "held_out").mkdir()
    for name in names:
        source = media / name if folder == "." else media / folder / name
        target = media / "held_out" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    settings = {
        "training.epochs": 0,
        "dataset.test_dataframe": "test.csv",
        "dataset.data_folder_test": "held_out",
    }

    done = work("again", settings, dataset=str(copy))

    assert done.code == 0
    assert (done.folder / "predictions" / "test.parquet").is_file()
