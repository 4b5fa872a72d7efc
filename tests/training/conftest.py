"""A small dataset and runs on it, worked on in this process."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.workspace import import_example, make_run
from studio.datasets.dataset import Dataset
from studio.files import read_json
from studio.runs.events import Event, decode
from studio.runs.spec import RunSpec
from studio.training.worker import run_worker

TINY = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 32,
    "image.image_height": 32,
    "training.batch_size": 16,
    "training.epochs": 2,
    "training.build_scoring_pipelines": False,
    "environment.number_of_workers": 0,
    "logging.number_of_images": 2,
    "dataset.test_dataframe": None,
}


@dataclass(frozen=True)
class Worked:
    """A run folder after its worker ended."""

    folder: Path
    code: int

    @property
    def events(self) -> list[Event]:
        return [decode(line) for line in (self.folder / "events.jsonl").read_bytes().splitlines()]

    def of_kind(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.kind == kind]

    def series(self, name: str) -> list[tuple[int, float]]:
        return [point for event in self.of_kind("metrics") for point in event.points.get(name, ())]

    def weights(self) -> dict[str, Tensor]:
        return load_file(self.folder / "bundle" / "model.safetensors")

    def checkpoint(self) -> dict[str, Any]:
        name = read_json(self.folder / "checkpoints" / "latest.json")["name"]
        return dict(read_json(self.folder / "checkpoints" / name / "state.json"))


Work = Callable[..., Worked]


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The example dataset of image classification."""
    return import_example("image_classification", tmp_path_factory.mktemp("datasets") / "shapes")


@pytest.fixture
def work(tmp_path: Path, shapes: Dataset) -> Work:
    """Trains in this process: settings on top of tiny ones, then changes to the order."""

    def run(name: str = "run", settings: Mapping[str, Any] | None = None, **order: Any) -> Worked:
        folder = tmp_path / name
        if not folder.exists():
            make_run(folder, shapes, {**TINY, **(settings or {})}, threads=1, seed=order.pop("seed", 3))
        if order:
            RunSpec.read(folder).model_copy(update=order).write(folder)
        return Worked(folder, run_worker(folder))

    return run


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON lines of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]
