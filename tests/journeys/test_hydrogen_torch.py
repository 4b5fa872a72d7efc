"""Real settings files of Hydrogen Torch run on datasets of their kind: detection and classification."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.shared]

LEFT_TO_THE_DATASET = {
    "dataset.train_dataframe",
    "dataset.test_dataframe",
    "dataset.validation_dataframe",
    "dataset.data_folder",
    "dataset.data_folder_test",
    "environment.gpus",
}
QUICK = {
    "architecture.pretrained": "false",
    "image.image_width": 96,
    "image.image_height": 96,
    "training.epochs": 1,
    "environment.number_of_workers": 0,
}
"""What a test on two cores cannot spare the time for; everything else is as the file says."""


def example(studio: Studio, problem_type: str, folder: Path) -> None:
    """The problem type's example dataset, imported as `matching`."""
    studio("example", problem_type, "-o", folder)
    studio("dataset", "import", folder, "--name", "matching")


@pytest.mark.parametrize(
    ("file", "problem_type", "kept"),
    [
        (
            "image_object_detection__face_mask_detection",
            "image_object_detection",
            {"architecture.anchor_aspect_ratios": [1.0, 2.0, 0.5], "training.box_loss_weight": 50.0},
        ),
        (
            "image_classification__asl_alphabet_detection",
            "image_classification",
            {"training.loss_function": "BCE", "prediction.metric": "ROC_AUC", "augmentation.mix_target": "Ratio"},
        ),
    ],
)
def test_a_real_file_trains_on_a_dataset_of_its_kind(
    studio: Studio, shared_data: Path, tmp_path: Path, file: str, problem_type: str, kept: dict[str, Any]
) -> None:
    path = shared_data / "hydrogen_torch_configs" / f"{file}.yaml"
    example(studio, problem_type, tmp_path / "example")
    changes = {"general.dataset": "matching", **QUICK}
    options = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]

    loaded = studio("config", "load", path)
    shown = studio("run", path, *options, "--name", "as-there", "--wait")

    assert {one["key"] for one in loaded["not_applicable"]} <= LEFT_TO_THE_DATASET
    assert loaded["findings"] == []
    assert shown["state"] == "finished", shown["runs"][0]["error"]
    assert {key: loaded["settings"][key] for key in kept} == kept
    assert shown["runs"][0]["metrics"]["validation"]
