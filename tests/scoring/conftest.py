"""A packed run of the example of image classification."""

from pathlib import Path

import pytest

from benchmarks.workspace import import_example, make_run
from studio.training.worker import run_worker

SETTINGS = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 32,
    "image.image_height": 32,
    "training.epochs": 1,
    "environment.number_of_workers": 0,
    "logging.number_of_images": 2,
}


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run with its pipeline."""
    root = tmp_path_factory.mktemp("scoring")
    dataset = import_example("image_classification", root / "datasets" / "shapes")
    folder = make_run(root / "runs" / "run", dataset, SETTINGS, threads=1)
    assert run_worker(folder) == 0
    return folder
