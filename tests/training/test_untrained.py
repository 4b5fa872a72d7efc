"""Runs without a train dataframe: a published model answers as it is, and one with random weights is refused."""

import json
from pathlib import Path

import pandas as pd
import pytest
from safetensors.torch import save_file

from benchmarks.workspace import import_example, make_run
from studio.modeling.seeds import seed_everything
from studio.modeling.text.tokens.tokenizer import TOKENIZER
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_type
from studio.runs.events import decode
from studio.training.worker import run_worker

KIND = "text_span_prediction"
SETTINGS = {
    "dataset.train_dataframe": None,
    "architecture.backbone": "scratch/bert-mini",
    "tokenizer.max_length": 64,
    "tokenizer.doc_stride": 16,
    "training.batch_size": 8,
}


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model for questions in the home's weights folder, as a hub would give it."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_WEIGHTS", raising=False)
    dataset = import_example(KIND, tmp_path / "datasets" / "published")
    kind = problem_type(KIND)
    roles = {f"dataset.{name}": value for name, value in dataset.manifest.roles.items()}
    settings = kind.model_types[0].settings.from_mapping({**roles, **SETTINGS, "dataset.train_dataframe": "train.csv"})
    table = dataset.table(dataset.manifest.tables[0].name)
    recipe_type = recipe_class(kind)
    assets = recipe_type.assets_of(settings, table)
    recipe = recipe_type(settings, recipe_type.target_of(settings, table), kind.metrics, assets)
    seed_everything(5)
    folder = tmp_path / "home" / "weights" / "team" / "answers"
    folder.mkdir(parents=True)
    network = recipe.model(None).answerer
    save_file({name: one.contiguous() for name, one in network.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.json").write_bytes(assets["config.json"])
    (folder / TOKENIZER).write_bytes(assets[TOKENIZER])
    special = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    names = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    return folder


def test_a_published_model_predicts_the_test_rows_as_it_is(published: Path, tmp_path: Path) -> None:
    dataset = import_example(KIND, tmp_path / "datasets" / "example")
    folder = make_run(tmp_path / "run", dataset, {**SETTINGS, "architecture.backbone": "team/answers"}, threads=1)

    code = run_worker(folder)

    events = [decode(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]
    assert code == 0, events[-1]
    assert set(events[-1].metrics) == {"test"}  # type: ignore[union-attr]
    test = pd.read_parquet(folder / "predictions" / "test.parquet")
    assert test["pred_answer_1"].map(lambda text: isinstance(text, str)).all()


def test_random_weights_predict_nothing(tmp_path: Path) -> None:
    dataset = import_example(KIND, tmp_path / "datasets" / "example")
    folder = make_run(tmp_path / "run", dataset, SETTINGS, threads=1)

    code = run_worker(folder)

    failed = decode((folder / "events.jsonl").read_bytes().splitlines()[-1])
    assert code != 0
    assert failed.code == "no_model"  # type: ignore[union-attr]
    assert "random weights" in failed.message  # type: ignore[union-attr]
