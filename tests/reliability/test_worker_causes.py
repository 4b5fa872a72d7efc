"""A failed run explains itself: a fault is planted into a real worker, and the run names the cause.

Every case is a forked worker on real data. Only the memory of a GPU is faked. What the words, the setting, and the
sample of a cause are is part of the case.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from studio.modeling.checkpoint import damaged_file
from studio.runs.folder import RunFolder
from studio.training.failures.known_errors import SETTINGS
from tests.reliability import fault_injection as inject
from tests.reliability.fault_injection import Plant, Prepare, nothing
from tests.reliability.worker_runs import make_worker_run
from tests.support.forked_worker import ForkedWorker, fork_worker, of_kind, tail
from tests.support.requirements import covers

pytestmark = pytest.mark.trust


@dataclass(frozen=True)
class Case:
    """A fault, and what the run says of it."""

    name: str
    code: str
    says: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    plant: Plant = nothing
    prepare: Prepare = nothing
    during: Callable[[ForkedWorker], object] = nothing
    fail: str = ""
    """Failpoints."""
    kind: str = "image_classification"
    threads: int = 1
    row: int = 0
    file: str = ""
    rows: tuple[str, ...] = ()
    is_root_exempt: bool = False
    """Whether the kernel does not refuse it to root."""


WORKERS = {"environment.number_of_workers": 1, "training.epochs": 200, "training.evaluation_epochs": 100.0}


def with_label(label: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(label=label)


def unseen_in_training(table: pd.DataFrame) -> pd.DataFrame:
    """All rows of one fold alone have a label of their own."""
    folds = np.arange(len(table)) % 3
    return table.assign(fold=folds, label=np.where(folds == 0, "never seen", table["label"]))


def sometimes_unseen(table: pd.DataFrame) -> pd.DataFrame:
    """Some rows of one fold alone have a label of their own."""
    numbers = np.arange(len(table))
    return table.assign(fold=numbers // 3 % 3, label=np.where(numbers % 9 == 0, "never seen", table["label"]))


def bad_pixels(path: Path) -> None:
    path.write_bytes(b"these are no pixels")


CASES = [
    Case("GPU memory at the first step", "oom_gpu",
         ("in update 1", "batch size 16", "32 x 32 pixels", "test_resnet", "0.31 GiB of 15.78 GiB were free"),
         plant=inject.gpu_memory(1), rows=("F45", "I21")),
    Case("GPU memory later", "oom_gpu", ("in update 3",), plant=inject.gpu_memory(3), rows=("F45",)),
    Case("GPU memory in validation", "oom_gpu", ("while validating",), plant=inject.gpu_memory(1, training=False),
         rows=("F45",)),
    Case("MemoryError in a step", "oom_host", ("in update 2", "GB are free"),
         plant=inject.on_pass(inject.raises(MemoryError()), number=2)),
    Case("torch's own allocator", "oom_host", ("batch size 16",), plant=inject.on_pass(inject.too_large, number=1),
         rows=("I21",)),
    Case("loss not a number at the first step", "nan_loss", ("after 1 update",),
         plant=inject.wrong_outputs(1, float("nan")), rows=("F51",)),
    Case("loss not a number later", "nan_loss", ("after 3 update",), plant=inject.wrong_outputs(3, float("nan")),
         rows=("F51",)),
    Case("a learning rate of 10", "nan_loss", settings={"training.learning_rate": 10.0, "training.epochs": 40,
         "training.optimizer": "SGD", "training.weight_decay": 10.0}, rows=("F51",)),
    Case("infinite gradient", "nan_gradient", ("in update 2",), plant=inject.infinite_gradients,
         settings={"training.gradient_clip": 1.0}),
    Case("image deleted after the import", "file_missing", ("train_003.png",), row=4, file="train_003.png",
         prepare=inject.change_file("train_003.png", Path.unlink)),
    Case("image cut after the import", "file_damaged", ("train_005.png",), row=6, file="train_005.png",
         prepare=inject.change_file("train_005.png", inject.truncate), rows=("F22",)),
    Case("image overwritten, seen by a data worker", "file_damaged", row=8, file="train_007.png", threads=2,
         settings={"environment.number_of_workers": 1},
         prepare=inject.imported_file("train_007.png", bad_pixels), rows=("F22",)),
    Case("image overwritten after the import", "file_damaged", ("train_007.png", "of other content"), row=8,
         file="train_007.png", prepare=inject.change_file("train_007.png", inject.flip), rows=("F131",)),
    Case("a bit of a table flipped", "dataset_damaged", ("tables/train.parquet has changed",),
         prepare=lambda run, dataset: inject.flip(dataset / "tables" / "train.parquet"), rows=("F131",)),
    Case("two labels of a table swapped", "dataset_damaged", ("tables/train.parquet has changed",),
         prepare=inject.swapped_labels, rows=("F131",)),
    Case("classes of the profile swapped", "dataset_damaged", ("profile.json has changed",),
         prepare=inject.swapped_classes, rows=("F131",)),
    Case("table deleted after the import", "dataset_damaged", ("train.parquet is missing", "test.parquet is"),
         prepare=inject.without_tables, rows=("F131",)),
    Case("disk full in a checkpoint", "disk_full", ("a checkpoint needs", "MB are free"),
         fail="checkpoint_file:enospc@2", rows=("F28",)),
    Case("disk full in the event log", "disk_full", ("MB are free",), fail="event_log:enospc@3", rows=("F29",)),
    Case("disk full in the bundle", "disk_full", ("the model needs",), fail="bundle:enospc", rows=("F28",)),
    Case("disk full in the predictions", "disk_full", ("the predictions could not",), fail="predictions:enospc",
         rows=("F28",)),
    Case("limit on file sizes", "disk_quota", ("may not grow",), fail="checkpoint_file:efbig"),
    Case("disk read-only", "disk_read_only", ("became read-only",), fail="checkpoint_files:erofs"),
    Case("three damaged checkpoints in a row", "disk_error", ("reported an error",), fail="checkpoint_file:eio",
         rows=("F38",)),
    Case("weights that are no safetensors", "weights", settings={"architecture.pretrained": True},
         prepare=inject.own_weights("test_resnet", b"no weights at all")),
    Case("hub unreachable", "weights_missing", ("the hub cannot be reached", "test_vit"),
         settings={"architecture.pretrained": True, "architecture.backbone": "test_vit"}),
    Case("tokenizer of another model", "tokenizer_mismatch", ("30521", "1000"), kind="text_classification",
         settings={"architecture.backbone": "me/mixed"}, prepare=inject.mixed_text_model),
    Case("text model not here", "weights_missing", ("the hub cannot be reached",), kind="text_classification",
         settings={"architecture.backbone": "nobody/nothing"}),
    Case("data worker killed", "data_worker", ("killed (signal 9)",), settings=WORKERS, threads=2,
         during=inject.signal_data_worker(signal.SIGKILL), rows=("F20",)),
    Case("shared memory too small", "shared_memory", ("shared memory",), settings=WORKERS, threads=2,
         during=inject.signal_data_worker(signal.SIGBUS), rows=("F46",)),
    Case("one class only", "one_class", ("1 class",), prepare=inject.change_train(with_label("circle"))),
    Case("no fold of this name", "unknown_fold", ("'7'",), prepare=inject.change_spec(fold="7"),
         settings={"dataset.validation_strategy": "kfold"}),
    Case("too few rows for folds", "too_few_rows", ("3 rows",), settings={"dataset.validation_strategy": "kfold"},
         prepare=inject.change_train(lambda table: table.head(3))),
    Case("all rows dropped", "empty_split", ("No train row",), prepare=inject.change_train(lambda table: table[:0])),
    Case("a table that is not there", "missing_table", ("'gone'",), settings={"dataset.train_dataframe": "gone"}),
    Case("a column that is not there", "missing_column", ("'label'",),
         prepare=inject.change_train(lambda table: table.drop(columns="label"))),
    Case("dataset deleted", "dataset", ("no dataset",), prepare=inject.change_spec(dataset="../datasets/none")),
    Case("dataset changed", "dataset_changed", prepare=inject.change_spec(dataset_fingerprint="0" * 64)),
    Case("start weights gone", "bundle", ("no trained model",), prepare=inject.change_spec(start_weights="../gone")),
    Case("batch normalization of one sample", "batch_normalization",
         plant=inject.on_pass(inject.normalize_one, number=1)),
    Case("gradient checkpointing that the model cannot do", "gradient_checkpointing", kind="text_classification",
         settings={"architecture.gradient_checkpointing": True},
         plant=lambda: setattr(__import__("transformers").BertModel, "supports_gradient_checkpointing", False)),
    Case("too many open files", "open_files", settings={"environment.number_of_workers": 1}, threads=2,
         plant=inject.on_pass(inject.no_more_files, number=1, training=False)),
    Case("no further process", "processes", settings={"environment.number_of_workers": 1}, threads=2,
         plant=inject.no_more_processes),
    Case("GPU error", "gpu_error", ("GPU reported an error",),
         plant=inject.on_pass(inject.raises(RuntimeError(inject.GPU_ERROR)), number=2)),
    Case("connection between GPUs broken", "peer_lost", ("connection between the GPUs",),
         plant=inject.on_pass(inject.raises(RuntimeError(inject.PEER_WORDS)), number=2)),
    Case("label beyond the classes", "label_range", ("outside the range of the model",),
         plant=inject.on_pass(inject.label_beyond_classes, number=1)),
    Case("table deleted while it trains", "files_gone", ("tables/train.parquet",),
         plant=inject.on_pass(inject.raises(FileNotFoundError(2, "No such file", "tables/train.parquet")), number=1)),
    Case("hub lost amidst a download", "hub_unreachable", ("hub cannot be reached",),
         plant=inject.on_pass(inject.raises(ConnectionResetError(104, "Connection reset by peer")), number=1)),
    Case("a table that may not be read", "not_allowed", is_root_exempt=True,
         prepare=lambda run, dataset: (dataset / "tables" / "train.parquet").chmod(0)),
]  # fmt: skip


@pytest.mark.parametrize("is_all", [False, True])
def test_labels_unseen_in_training_are_told_and_not_scored(tmp_path: Path, is_all: bool) -> None:
    """They fail no run: the log counts them, and a metric without any known row is undefined, not wrong."""
    settings = {"dataset.fold_column": "fold", "dataset.validation_strategy": "kfold"}
    folder = make_worker_run(tmp_path, settings, own_dataset=True)
    inject.change_train(unseen_in_training if is_all else sometimes_unseen)(
        folder, tmp_path / "datasets" / "image_classification"
    )

    code = fork_worker(folder).wait(60)

    told = [event.text for event in of_kind(folder, "log") if "do not occur in training" in event.text]
    found = of_kind(folder, "finished")[0].metrics["validation"]["Accuracy"]
    assert code == 0
    assert "they are not scored" in told[0]
    assert np.isnan(found) if is_all else 0 <= found <= 1


def test_there_are_thirty_causes() -> None:
    assert len(CASES) >= 30
    assert len({case.code for case in CASES}) >= 25


@covers("I27")
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name, marks=covers(*case.rows)) for case in CASES])
def test_a_planted_fault_is_named(case: Case, tmp_path: Path) -> None:
    """F35, F36, F46: the kernel's error is injected (EFBIG, EROFS, a bus error); no small file system is mounted."""
    if case.is_root_exempt and os.geteuid() == 0:
        pytest.skip("the kernel refuses nothing to root")
    folder = make_worker_run(tmp_path, case.settings, kind=case.kind, threads=case.threads, own_dataset=True)
    case.prepare(folder, tmp_path / "datasets" / case.kind)
    environment = {"STUDIO_FAIL": case.fail, "STUDIO_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}

    worker = fork_worker(folder, environment, case.plant)
    case.during(worker)
    code = worker.wait(60)

    assert code == 1, tail(folder)
    failed = of_kind(folder, "failed")[0]
    assert failed.code == case.code, (failed.code, failed.message, failed.detail[-1500:])
    assert [word for word in case.says if word not in failed.message] == [], failed.message
    assert failed.message[-1] in ".:" or failed.sample, failed.message
    assert failed.hint
    assert "Traceback" not in failed.message + failed.hint
    assert failed.setting == SETTINGS.get(case.code, "")
    assert (failed.sample.row, failed.sample.file) == (case.row, case.file) if case.row else failed.sample is None
    if case.file:
        assert failed.sample.column == "image"
    assert not list(folder.rglob("*.tmp*"))
    assert not (folder / "events.reserve").exists()
    for path in RunFolder(folder).checkpoints.glob("ckpt-*"):
        assert damaged_file(path) is None
