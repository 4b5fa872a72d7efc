"""What every model type of every registered problem type must keep, without a line written for it: its example is
imported, trained, predicted, shown, packed, and repeated with the server's packages blocked."""

import os
import random
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from benchmarks.workspace import import_example, make_run
from studio.configuration.yaml_config import dump_config, load_config
from studio.datasets.dataset import Dataset
from studio.datasets.folds import split
from studio.files import read_json
from studio.modeling.loading import TrainingOrder
from studio.modeling.optimizers import make_optimizer
from studio.modeling.recipe import Media
from studio.modeling.seeds import seed_everything
from studio.problems.contract import ModelType, ProblemType
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_types
from studio.results.insight import SAMPLE_PANELS, Insight
from studio.results.prediction import HIDDEN_COLUMNS, SAMPLE_COLUMNS
from studio.results.sample_view import SampleView
from studio.runs.events import decode
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.settings.sections.text import SCRATCH
from studio.training.processes.stopping import StopSignal
from studio.training.worker import run_worker
from tests.forked_worker import fork_worker, next_attempt, of_kind, stream, tail

SMALL: dict[str, Any] = {
    "architecture.pretrained": False,
    "environment.number_of_workers": 0,
    "logging.number_of_images": 3,
    "logging.number_of_texts": 3,
    "training.batch_size": 8,
    "training.epochs": 1,
    "training.evaluation_epochs": 0.5,
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
STOP_AT_LOOK = 2
"""Looks whether to stop come once an update, and once before the first."""
SMALL_BACKBONES = {"timm": "test_resnet", "efficientdet": "tf_efficientdet_lite0"}


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
    chosen = {key: value for key, value in SMALL.items() if key in fields}
    library: Any = fields["architecture.backbone"].setting.choices
    scratch = (name for name in library.suggested if name.startswith(SCRATCH))
    return {**chosen, "architecture.backbone": SMALL_BACKBONES.get(library.name) or next(scratch)}


@pytest.fixture(scope="module", params=MODELS, ids=[model or kind for kind, model in MODELS])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    kind = problem_types()[request.param[0]]
    model = kind.model_type(request.param[1])
    root = tmp_path_factory.mktemp(kind.id)
    dataset = import_example(kind.id, root / "datasets" / "example")
    settings = small_settings(model)
    folder = make_run(root / "runs" / "run", dataset, settings, threads=1, model_type=model.id)
    assert run_worker(folder) == 0, (folder / "events.jsonl").read_text()[-3000:]
    return Finished(kind, model, dataset, folder, settings)


def test_settings_survive_yaml(finished: Finished) -> None:
    schema = finished.model.settings
    settings = schema.from_mapping(read_json(finished.folder / "spec.json")["settings"])

    again = load_config(dump_config(settings))

    assert schema.from_mapping(again.settings) == settings
    assert not again.findings


def test_every_setting_is_documented_and_every_grid_value_is_valid(finished: Finished) -> None:
    for key, field in finished.model.settings.fields().items():
        assert field.setting.label, key
        assert field.setting.help.endswith("."), key
        for value in field.setting.grid_values:
            settings, findings = finished.model.settings.parse({key: value})
            assert settings is not None, (key, value, findings)


def test_one_batch_is_overfitted(finished: Finished) -> None:
    kind = finished.kind
    base = read_json(finished.folder / "spec.json")["settings"]
    settings = finished.model.settings.from_mapping(base)
    tables = split(finished.dataset, settings, "0")
    recipe_type = recipe_class(kind)
    assets = recipe_type.assets_of(settings, tables.train)
    recipe = recipe_type(settings, recipe_type.target_of(settings, tables.train), kind.metrics, assets)
    seed_everything(0)
    model = recipe.model(None)
    media = Media(finished.dataset.media, finished.dataset.manifest.media_folder)
    samples = recipe.samples(tables.train, media, training=True)
    draws = next(iter(TrainingOrder(len(tables.train), 8, drop_last=True, seed=0)))
    batch = recipe.collate([samples[draw] for draw in draws])
    groups = recipe.layer_groups(model)
    optimizer = make_optimizer("AdamW", groups, learning_rate=3e-3, weight_decay=0.0)

    losses = []
    for _ in range(40):
        loss = recipe.loss(model.train(), batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if losses[-1] < 0.5 * losses[0]:
            break

    assert losses[-1] < 0.5 * losses[0]
    grouped = [id(one) for group in groups.values() for one in group]
    assert sorted(grouped) == sorted(id(one) for one in model.parameters())
    assert len(set(grouped)) == len(grouped)


def test_declared_layer_groups_are_those_of_the_model(finished: Finished) -> None:
    settings = finished.model.settings
    declared = settings.fields()["training.differential_learning_rate_layers"].values
    base = settings.from_mapping(read_json(finished.folder / "spec.json")["settings"])
    recipe_type = recipe_class(finished.kind)
    table = split(finished.dataset, base, "0").train
    assets = recipe_type.assets_of(base, table)
    recipe = recipe_type(base, recipe_type.target_of(base, table), finished.kind.metrics, assets)

    assert set(recipe.layer_groups(recipe.model(None))) == set(declared)


def test_predictions_keep_inputs_and_can_be_paged(finished: Finished) -> None:
    predictions = finished.folder / "predictions"

    for name in ("validation", "test"):
        table = pd.read_parquet(predictions / f"{name}.parquet")
        samples = pd.read_parquet(predictions / f"{name}_samples.parquet")
        csv = pd.read_csv(predictions / f"{name}.csv")
        assert list(csv.columns) == list(table.columns)
        assert len(csv) == len(table) == len(samples) > 0
        assert not set(HIDDEN_COLUMNS) & set(table.columns)
        assert tuple(samples.columns) == SAMPLE_COLUMNS
        for view in samples["view"]:
            assert SampleView.model_validate_json(view).prediction is not None
    source = finished.dataset.table(finished.dataset.manifest.tables[0].name)
    for column in source.columns.difference(list(HIDDEN_COLUMNS)):
        assert {column, f"true_{column}"} & set(pd.read_parquet(predictions / "validation.parquet").columns)


def test_declared_metrics_are_measured(finished: Finished) -> None:
    events = [decode(line) for line in (finished.folder / "events.jsonl").read_bytes().splitlines()]
    declared = {info.name for info in finished.kind.metrics}

    for values in (events[-1].metrics["validation"], events[-1].metrics["test"]):  # type: ignore[union-attr]
        assert set(values) == {"loss", *declared}


def test_insights_validate_and_are_announced(finished: Finished) -> None:
    events = [decode(line) for line in (finished.folder / "events.jsonl").read_bytes().splitlines()]
    announced = [event.entry.key for event in events if event.kind == "insight"]

    found = {
        path.stem: Insight.model_validate(read_json(path)) for path in (finished.folder / "insights").glob("*.json")
    }

    assert sorted(announced) == sorted(found)
    assert {"train-batch", "validation-best", "validation-worst", "validation-random", "test-random"} <= set(found)
    for sample in found["train-batch"].payload.samples:  # type: ignore[union-attr]
        assert sample.texts if sample.media is None else (finished.folder / sample.media.path).is_file()


def test_the_metric_to_choose_is_one_of_those_declared(finished: Finished) -> None:
    field = finished.model.settings.fields()["prediction.metric"]

    assert set(field.values) <= {info.name for info in finished.kind.metrics}
    assert field.default == finished.kind.default_metric


def test_declared_panels_are_those_of_a_run(finished: Finished) -> None:
    """In both directions, and by their titles: the help page, the docs and the run's page say the same."""
    titles = {read_json(path)["title"] for path in (finished.folder / "insights").glob("*.json")}

    assert titles == {*SAMPLE_PANELS, *finished.kind.panels}


def test_no_pickle_is_written(finished: Finished) -> None:
    endings = {path.suffix for path in finished.folder.rglob("*") if path.is_file()}

    assert endings <= {
        ".json",
        ".jsonl",
        ".safetensors",
        ".csv",
        ".parquet",
        ".npz",
        ".png",
        ".jpg",
        ".zip",
        ".index",
        ".lock",
        ".log",
    }
    for path in finished.folder.rglob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays)


def test_a_stopped_run_resumes_to_the_same_bits(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path / "run", finished.dataset, finished.settings, threads=1, model_type=finished.model.id)
    asked = StopSignal.is_requested.fget
    looks = iter(range(100))

    def is_requested(signal: StopSignal) -> bool:
        if next(looks) == STOP_AT_LOOK:
            RunFolder(folder).stop.touch()
        return bool(asked(signal))

    monkeypatch.setattr(StopSignal, "is_requested", property(is_requested))

    stopped = run_worker(folder)
    RunFolder(folder).stop.unlink()
    monkeypatch.undo()
    RunSpec.read(folder).model_copy(update={"attempt": 2, "fence": 2, "resume": True}).write(folder)
    resumed = run_worker(folder)

    assert (stopped, resumed) == (4, 0)
    whole, parts = (load_file(one / "bundle" / "model.safetensors") for one in (finished.folder, folder))
    assert whole.keys() == parts.keys()
    assert [name for name, tensor in whole.items() if not torch.equal(tensor, parts[name])] == []


@pytest.mark.parametrize("workers", [0, 1])
def test_a_killed_run_resumes_to_the_same_bits_and_the_same_points(
    finished: Finished, tmp_path: Path, workers: int
) -> None:
    settings = {**finished.settings, "environment.number_of_workers": workers}
    settings["training.build_scoring_pipelines"] = False

    def order(name: str) -> Path:
        return make_run(tmp_path / name, finished.dataset, settings, threads=1 + workers, model_type=finished.model.id)

    # With data workers there are two threads, which split sums differently: that run is compared with its like.
    whole = finished.folder
    if workers:
        whole = order("whole")
        assert fork_worker(whole).wait() == 0, tail(whole)
    updates = len(stream(whole)["train.loss"])
    chance = random.Random(f"{finished.kind.id} {finished.model.id} {workers}")
    folder = order("run")

    codes = []
    for place in (f"update:kill@{chance.randint(1, updates)}", "checkpoint_after_rename:kill"):
        codes.append(fork_worker(folder, {"STUDIO_FAIL": place}).wait())
        next_attempt(folder)
    codes.append(fork_worker(folder).wait())

    assert codes == [-9, -9, 0], tail(folder)
    assert of_kind(folder, "started")[2].resumed_from_step
    weights, again = (load_file(one / "bundle" / "model.safetensors") for one in (whole, folder))
    assert [name for name, tensor in weights.items() if not torch.equal(tensor, again[name])] == []
    assert stream(folder) == stream(whole)
    assert all(len(dict(points)) == len(points) for points in stream(folder).values())
    assert of_kind(folder, "finished")[0].metrics == of_kind(whole, "finished")[0].metrics
    assert of_kind(folder, "finished")[0].best == of_kind(whole, "finished")[0].best


SERVER_MODULES = {"fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "accelerate"}
OPTIONAL_MODULES = {
    "albumentations": "albumentations",
    "effdet": "effdet",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "sacrebleu": "sacrebleu",
    "timm": "timm",
    "tokenizers": "tokenizers",
    "torchvision": "torchvision",
    "transformers": "transformers",
}
"""Distribution -> module of what only some problem types need; a pipeline may use what it pins."""
BLOCKED = """
import runpy, sys

for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
sys.argv = ["score.py", *sys.argv[1:]]
import studio
assert "site" in studio.__file__, studio.__file__
runpy.run_path("score.py", run_name="__main__")
"""


def test_the_pipeline_repeats_the_run_with_the_servers_packages_blocked(finished: Finished, tmp_path: Path) -> None:
    with zipfile.ZipFile(finished.folder / "pipeline.zip") as archive:
        archive.extractall(tmp_path)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    for left_out in ("server", "store", "scheduling", "training", "cli.py"):
        assert not (tmp_path / "site" / "studio" / left_out).exists()
    validation = pd.read_parquet(finished.folder / "predictions" / "validation.parquet")
    source = finished.dataset.table(finished.dataset.manifest.tables[0].name).columns.difference(list(HIDDEN_COLUMNS))
    kept = {f"true_{name}" if f"true_{name}" in validation else name: name for name in source}
    validation[list(kept)].rename(columns=kept).to_parquet(tmp_path / "inputs.parquet")
    media = finished.dataset.media / finished.dataset.manifest.media_folder

    pinned = finished.kind.scoring_distributions
    blocked = {*SERVER_MODULES, *(module for name, module in OPTIONAL_MODULES.items() if name not in pinned)}

    def score(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
        command = [sys.executable, "-P", "-c", BLOCKED, ",".join(sorted(blocked)), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    verified = score("verify")
    predicted = score("predict", "--table", "inputs.parquet", "--media", str(media), "-o", "out.parquet")

    assert verified.returncode == 0, verified.stderr + verified.stdout
    assert predicted.returncode == 0, predicted.stderr
    again = pd.read_parquet(tmp_path / "out.parquet")
    assert list(again.columns.sort_values()) == list(validation.columns.sort_values())
    for column in again.columns:
        assert largest_difference(again[column], validation[column]) <= 1e-5, column


def largest_difference(first: pd.Series, second: pd.Series) -> float:
    """Of numbers, lists of numbers, or words (0 or infinite)."""
    largest = 0.0
    for one, other in zip(first, second, strict=True):
        left, right = np.atleast_1d(one), np.atleast_1d(other)
        if left.shape != right.shape:
            return float("inf")
        if left.dtype.kind in "fiu":
            largest = max(largest, float(np.abs(left - right).max(initial=0.0)))
        elif list(left) != list(right):
            return float("inf")
    return largest


def test_requirements_are_pinned_and_only_this_types(finished: Finished) -> None:
    with zipfile.ZipFile(finished.folder / "pipeline.zip") as archive:
        lines = archive.read("requirements.txt").decode().splitlines()
        names = archive.namelist()

    assert [line.partition("==")[0] for line in lines[:-1]] == list(finished.kind.scoring_distributions)
    assert lines[-1].removeprefix("./") in names
    assert {"score.py", "serve.py", "Dockerfile", "README.md", "requirements-serve.txt", "bundle/bundle.json"} <= set(
        names
    )
