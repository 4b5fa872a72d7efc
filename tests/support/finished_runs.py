"""A finished run of every model type on its problem type's example, small enough to be made again in every session."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.workspace import import_example, make_run
from studio.datasets.dataset import Dataset
from studio.problems.contract import ModelType, ProblemType
from studio.problems.registry import problem_types
from studio.settings.sections.architecture import network_keys, pretrained_key
from studio.settings.sections.text import SCRATCH
from studio.training.worker import run_worker

SMALL: dict[str, Any] = {
    "environment.number_of_workers": 0,
    "logging.number_of_images": 3,
    "logging.number_of_texts": 3,
    "training.batch_size": 8,
    "training.epochs": 1,
    "training.evaluation_epochs": 0.5,
    "training.head_start": "Linear probe",
    "environment.memory_layout": "Channels last",
    "environment.mixed_precision_training": False,
    "dataset.data_sample": 0.3,
    "image.image_width": 64,
    "image.image_height": 64,
    "tokenizer.max_length": 48,
    "tokenizer.doc_stride": 16,
    "tokenizer.label_max_length": 32,
    "prediction.max_length": 16,
}
SMALL_VOLUMES: dict[str, Any] = {
    "image.image_depth": 16,
    "image.image_width": 32,
    "image.image_height": 32,
    "architecture.number_of_blocks": 3,
}
"""In place of the sides of images where there is a depth."""
SMALL_BACKBONES = {"timm": "test_resnet", "segmentation": "test_resnet", "efficientdet": "tf_efficientdet_lite0"}


@dataclass(frozen=True)
class Finished:
    """A model type with a finished run on its problem type's example."""

    kind: ProblemType
    model: ModelType
    dataset: Dataset
    folder: Path
    settings: dict[str, Any]


MODELS = [(kind.id, model.id) for _, kind in sorted(problem_types().items()) for model in kind.model_types]


def small_settings(model: ModelType) -> dict[str, Any]:
    fields = model.settings.fields()
    small = SMALL | (SMALL_VOLUMES if "image.image_depth" in fields else {})
    chosen = {key: value for key, value in small.items() if key in fields}
    for key in network_keys(fields):
        library: Any = fields[key].setting.choices
        scratch = (name for name in library.suggested if name.startswith(SCRATCH))
        chosen |= {key: SMALL_BACKBONES.get(library.name) or next(scratch), pretrained_key(key): False}
    return chosen


def finish_run(
    kind_id: str, model_id: str | None, root: Path, changes: Mapping[str, Any] = MappingProxyType({})
) -> Finished:
    """Import the example below `root` and train on it in this process; `changes` are settings unlike the small ones."""
    kind = problem_types()[kind_id]
    model = kind.model_type(model_id)
    dataset = import_example(kind.id, root / "datasets" / "example")
    settings = {**small_settings(model), **changes}
    folder = make_run(root / "runs" / "run", dataset, settings, threads=1, model_type=model.id)
    assert run_worker(folder) == 0, (folder / "events.jsonl").read_text()[-3000:]
    return Finished(kind, model, dataset, folder, settings)
