"""What every model type of every registered problem type must keep, without a line written for it: its example is
imported, trained, predicted, shown, packed, and repeated with the server's packages blocked."""

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from studio.configuration.yaml_config import dump_config, load_config
from studio.datasets.folds import Split, split
from studio.files import read_json
from studio.modeling.loading import TrainingOrder
from studio.modeling.optimizers import make_optimizer
from studio.modeling.recipe import Media, Recipe
from studio.modeling.seeds import seed_everything
from studio.problems.recipes import recipe_class
from studio.results.insight import COLUMN_PANEL, SAMPLE_PANELS, Insight
from studio.results.prediction import SAMPLE_COLUMNS, is_hidden
from studio.results.sample_view import SampleView
from studio.runs.events import decode
from studio.scoring.predictor import Predictor
from tests.conftest import REPOSITORY
from tests.support.finished_runs import MODELS, Finished
from tests.support.scorer import Scorer

pytestmark = pytest.mark.parametrize("finished", MODELS, ids=[model or kind for kind, model in MODELS], indirect=True)


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


def recipe_and_tables(finished: Finished) -> tuple[Recipe[Any], Split]:
    base = read_json(finished.folder / "spec.json")["settings"]
    settings = finished.model.settings.from_mapping(base)
    tables = split(finished.dataset, settings, "0")
    recipe_type = recipe_class(finished.kind, finished.model.id)
    assets = recipe_type.assets_of(settings, tables.train)
    return recipe_type(settings, recipe_type.target_of(settings, tables.train), finished.kind.metrics, assets), tables


def test_tables_without_rows_are_nothing_to_warn_of(finished: Finished) -> None:
    recipe, tables = recipe_and_tables(finished)
    none = tables.validation.iloc[:0]

    assert [note.text for note in recipe.notes(none, none) if note.level != "info"] == []


def test_one_batch_is_overfitted(finished: Finished) -> None:
    recipe, tables = recipe_and_tables(finished)
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
    recipe_type = recipe_class(finished.kind, finished.model.id)
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
        assert not [name for name in table.columns if is_hidden(name)]
        assert tuple(samples.columns) == SAMPLE_COLUMNS
        for view in samples["view"]:
            assert SampleView.model_validate_json(view).prediction is not None
    source = finished.dataset.table(finished.dataset.manifest.tables[0].name)
    for column in (name for name in source.columns if not is_hidden(name)):
        assert {column, f"true_{column}"} & set(pd.read_parquet(predictions / "validation.parquet").columns)


def test_declared_metrics_are_measured(finished: Finished) -> None:
    events = [decode(line) for line in (finished.folder / "events.jsonl").read_bytes().splitlines()]
    declared = {info.name for info in finished.kind.metrics}

    for values in (events[-1].metrics["validation"], events[-1].metrics["test"]):  # type: ignore[union-attr]
        assert set(values) == {"loss", *declared}


def test_metrics_are_sums_over_rows(finished: Finished) -> None:
    """Intervals are drawn from what each row adds, so that must add up to the metrics themselves."""
    _, tables = recipe_and_tables(finished)
    media = Media(finished.dataset.media, finished.dataset.manifest.media_folder)
    predictor = Predictor.load(finished.folder / "bundle", torch.device("cpu"))
    scored = predictor.predict(tables.validation, media)

    statistics = predictor.recipe.row_statistics(scored)

    assert statistics is not None
    found = statistics.metrics(np.ones((1, statistics.rows)))
    expected = predictor.recipe.metrics(scored)
    assert {name: float(values[0]) for name, values in found.items()} == pytest.approx(expected, abs=1e-7, nan_ok=True)


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


def test_the_metrics_to_choose_from_are_those_declared(finished: Finished) -> None:
    field = finished.model.settings.fields()["prediction.metric"]

    assert field.values == tuple(info.name for info in finished.kind.metrics)
    assert field.default == finished.kind.default_metric


def test_declared_panels_are_those_of_a_run(finished: Finished) -> None:
    """In both directions, and by their titles: the help page, the docs and the run's page say the same."""
    titles = {read_json(path)["title"] for path in (finished.folder / "insights").glob("*.json")}

    declared = {*SAMPLE_PANELS, *finished.kind.panels}

    # Most examples have no further columns.
    assert declared - {COLUMN_PANEL} <= titles <= declared


def test_no_pickle_is_written(finished: Finished) -> None:
    endings = {path.suffix for path in finished.folder.rglob("*") if path.is_file()}

    assert endings <= {
        ".json",
        ".jsonl",
        ".safetensors",
        ".csv",
        ".parquet",
        ".npz",
        ".npy",
        ".png",
        ".jpg",
        ".wav",
        ".zip",
        ".index",
        ".lock",
        ".log",
    }
    for path in finished.folder.rglob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays)
    for path in finished.folder.rglob("*.npy"):
        assert np.load(path, allow_pickle=False).dtype != object


def test_raw_outputs_are_those_that_the_docs_name(finished: Finished) -> None:
    [raw] = (finished.folder / "predictions").glob("validation_raw.*")
    lines = (REPOSITORY / "docs" / "scoring-pipeline.md").read_text().splitlines()
    [row] = [line for line in lines if line.startswith("| `") and f"`{finished.kind.id}`" in line]

    _, _, ending, holds, _ = row.split("|")

    names = set(np.load(raw).files) if raw.suffix == ".npz" else set(pd.read_parquet(raw).columns)
    assert raw.suffix in ending
    assert names - {"row", "labels"} <= set(re.findall("`([a-z_]+)`", holds))


SERVER_MODULES = {"fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic"}
OPTIONAL_MODULES = {
    "albumentations": "albumentations",
    "effdet": "effdet",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "segmentation-models-pytorch": "segmentation_models_pytorch",
    "sacrebleu": "sacrebleu",
    "timm": "timm",
    "tokenizers": "tokenizers",
    "torchvision": "torchvision",
    "transformers": "transformers",
}
"""Distribution -> module of what only some problem types need; a pipeline may use what it pins."""


def test_the_pipeline_repeats_the_run_with_the_servers_packages_blocked(
    finished: Finished, scorer: Scorer, tmp_path: Path
) -> None:
    with zipfile.ZipFile(finished.folder / "pipeline.zip") as archive:
        archive.extractall(tmp_path)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    for left_out in ("server", "store", "scheduling", "training", "cli.py"):
        assert not (tmp_path / "site" / "studio" / left_out).exists()
    validation = pd.read_parquet(finished.folder / "predictions" / "validation.parquet")
    table = finished.dataset.table(finished.dataset.manifest.tables[0].name)
    source = [name for name in table.columns if not is_hidden(name)]
    kept = {f"true_{name}" if f"true_{name}" in validation else name: name for name in source}
    validation[list(kept)].rename(columns=kept).to_parquet(tmp_path / "inputs.parquet")
    media = finished.dataset.media / finished.dataset.manifest.media_folder

    pinned = finished.kind.scoring_distributions
    blocked = {*SERVER_MODULES, *(module for name, module in OPTIONAL_MODULES.items() if name not in pinned)}

    predict = ["predict", "--table", "inputs.parquet", "--media", str(media), "-o", "out.parquet"]

    code, printed = scorer.score(tmp_path, sorted(blocked), [["verify"], predict])

    assert code == 0, printed
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

    assert lines[0] == "--find-links ."
    assert [line.partition("==")[0] for line in lines[1:-1]] == list(finished.kind.scoring_distributions)
    assert f"{lines[-1].replace('==', '-')}-py3-none-any.whl" in names
    assert {"score.py", "serve.py", "Dockerfile", "README.md", "requirements-serve.txt", "bundle/bundle.json"} <= set(
        names
    )
