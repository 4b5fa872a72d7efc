"""The loop: repeatable, resumable to the last bit, honest about what it did."""

import math
import shutil
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from studio.files import folder_size, read_json
from studio.modeling.checkpoint import is_complete, read_model
from studio.runs.folder import RunFolder
from studio.training.processes.stopping import StopSignal

if TYPE_CHECKING:
    from .conftest import Work


@pytest.fixture(autouse=True)
def keep_signals() -> object:
    """Workers take SIGTERM; the test process gets its own back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def stop_after(folder: Path, looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for a stop at this look whether to stop, by the file that a person's click makes."""
    asked = StopSignal.is_requested.fget
    assert asked is not None
    count = {"left": looks}

    def is_requested(self: StopSignal) -> bool:
        count["left"] -= 1
        if count["left"] == 0:
            RunFolder(folder).stop.touch()
        return bool(asked(self))

    monkeypatch.setattr(StopSignal, "is_requested", property(is_requested))


def test_a_finished_run_keeps_weights_and_a_stopped_one_its_optimizer_too(
    work: "Work", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = work("finished")
    stop_after(tmp_path / "stopped", 10, monkeypatch)
    stopped = work("stopped")

    told = {event.name: event.size_bytes for event in finished.of_kind("checkpoint")}
    kept = list((finished.folder / "checkpoints").glob("ckpt-*"))
    assert kept
    for path in kept:
        assert is_complete(path)
        assert not (path / "optimizer.safetensors").exists()
        assert read_model(path)
        # The manifest names a file less, in some hundred bytes.
        assert told[path.name] == pytest.approx(folder_size(path), abs=400)
    assert list((stopped.folder / "checkpoints").glob("ckpt-*/optimizer.safetensors"))


def test_a_run_tells_its_whole_story(work: "Work") -> None:
    done = work(settings={"logging.log_grad_norm": True, "training.calculate_train_metric": True})

    kinds = [event.kind for event in done.events]
    assert (done.code, kinds[0], kinds[-1]) == (0, "started", "finished")
    assert [event.n for event in done.events] == list(range(1, len(kinds) + 1))
    assert [step for step, _ in done.series("train.loss")] == [16 * i for i in range(1, 13)]
    assert len(done.series("train.gradient_norm")) == 12
    assert [step for step, _ in done.series("validation.loss")] == [96, 192]
    assert len(done.series("train.ROC_AUC")) == 2
    finished = done.of_kind("finished")[0]
    assert math.isfinite(finished.metrics["validation"]["Accuracy"])
    assert finished.best["metric"] == max(value for _, value in done.series("validation.ROC_AUC"))


def test_the_same_seed_gives_the_same_bits_and_another_does_not(work: "Work") -> None:
    settings = {"augmentation.augmentations_strategy": "Hard", "architecture.dropout": 0.3}

    first, again = work("first", settings), work("again", settings)
    other = work("other", settings, seed=4)

    assert equal(first.weights(), again.weights())
    assert not equal(first.weights(), other.weights())


def test_data_workers_do_not_change_a_run(work: "Work") -> None:
    settings = {"augmentation.augmentations_strategy": "Hard"}

    alone = work("alone", settings)
    helped = work("helped", {**settings, "environment.number_of_workers": 2}, threads=3)

    assert alone.series("train.loss")[0] == pytest.approx(helped.series("train.loss")[0], abs=1e-5)


def test_a_drawn_seed_is_recorded_and_kept_also_without_a_checkpoint(work: "Work") -> None:
    done = work(seed=-1, settings={"training.epochs": 0})
    for path in (done.folder / "checkpoints").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    again = work(attempt=2, fence=2, resume=True)

    first, second = again.of_kind("started")
    assert first.seed == second.seed >= 0
    assert second.resumed_from_step is None


@pytest.mark.parametrize("stop_at", [2, 7, 8, 12])
def test_a_stopped_run_resumes_to_the_same_bits(
    work: "Work", monkeypatch: pytest.MonkeyPatch, stop_at: int, tmp_path: Path
) -> None:
    settings = {
        "augmentation.augmentations_strategy": "Hard",
        "augmentation.mix_image": "Cutmix",
        "architecture.dropout": 0.3,
        "training.grad_accumulation": 2,
        "training.batch_size": 8,
        "image.image_normalization": "Channel",
    }
    whole = work("whole", settings)

    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", stop_at, patch)
        stopped = work("parts", settings)
    (tmp_path / "parts" / "stop").unlink()
    resumed = work("parts", attempt=2, fence=2, resume=True)

    assert (stopped.code, resumed.code) == (4, 0)
    assert stopped.of_kind("stopped")
    assert equal(whole.weights(), resumed.weights())
    assert whole.series("train.loss") == resumed.series("train.loss")
    assert resumed.of_kind("started")[1].resumed_from_step == stopped.of_kind("stopped")[0].step
    assert [event.n for event in resumed.events] == list(range(1, len(resumed.events) + 1))


def test_accumulating_halves_equals_whole_batches_also_at_the_end_of_an_epoch(work: "Work") -> None:
    common = {
        "training.optimizer": "SGD",
        "training.drop_last_batch": False,
        "training.epochs": 1,
        "architecture.batch_normalization": "Frozen",
        "augmentation.augmentations_strategy": "Soft",
        "dataset.data_sample": 0.85,
    }

    whole = work("whole", {**common, "training.batch_size": 20})
    halves = work("halves", {**common, "training.batch_size": 10, "training.grad_accumulation": 2})

    first, second = whole.weights(), halves.weights()
    assert [step for step, _ in whole.series("train.loss")] == [step for step, _ in halves.series("train.loss")]
    assert all(
        torch.allclose(first[name], second[name], atol=1e-5) for name in first if first[name].is_floating_point()
    )


def test_the_best_weights_are_kept_when_asked(work: "Work") -> None:
    done = work(settings={"training.save_best_checkpoint": True, "training.epochs": 3, "prediction.metric": "LogLoss"})

    values = [value for _, value in done.series("validation.LogLoss")]
    assert done.of_kind("finished")[0].metrics["validation"]["LogLoss"] == pytest.approx(min(values), abs=1e-5)


def test_fractions_of_epochs_are_evaluated(work: "Work") -> None:
    done = work(settings={"training.evaluation_epochs": 0.5, "training.epochs": 1})

    assert [step for step, _ in done.series("validation.loss")] == [48, 96]


def test_zero_epochs_evaluate_the_starting_weights(work: "Work") -> None:
    done = work(settings={"training.epochs": 0})

    assert done.code == 0
    assert [step for step, _ in done.series("validation.loss")] == [0]
    assert done.series("train.loss") == []


def test_evaluation_before_training_does_not_count_as_best(work: "Work") -> None:
    done = work(
        settings={"training.evaluate_before_training": True, "training.epochs": 1, "training.learning_rate": 1e-9}
    )

    assert [step for step, _ in done.series("validation.loss")] == [0, 96]
    assert done.of_kind("finished")[0].best["step"] == 96
    assert [event.step for event in done.of_kind("best")] == [96]


def test_a_loss_that_is_no_number_fails_with_a_hint(work: "Work") -> None:
    diverging = {"training.learning_rate": 10.0, "training.weight_decay": 10.0, "training.optimizer": "SGD"}

    done = work(settings={**diverging, "training.epochs": 20})

    failed = done.of_kind("failed")[0]
    assert done.code == 1
    assert (failed.code, failed.setting) == ("nan_loss", "training.learning_rate")
    assert "learning rate" in failed.hint


def test_a_missing_image_fails_with_row_and_file(work: "Work", tmp_path: Path, shapes: object) -> None:
    copy = tmp_path / "dataset"
    shutil.copytree(shapes.folder, copy)  # type: ignore[attr-defined]
    next((copy / "media").rglob("train_0*.png")).unlink()

    done = work(settings={"environment.number_of_workers": 1}, dataset=str(copy), threads=2)

    failed = done.of_kind("failed")[0]
    assert failed.code == "file_missing"
    assert "Row " in failed.message
    assert "train_0" in failed.message


def test_a_second_worker_finds_the_lock_held(work: "Work", tmp_path: Path) -> None:
    from studio.runs.folder import RunLock

    done = work(settings={"training.epochs": 0})
    lock = RunLock(RunFolder(done.folder))
    assert lock.acquire()

    assert work().code == 3
    lock.release()


def test_sigterm_ends_like_a_stop_with_a_checkpoint(work: "Work") -> None:
    timer = threading.Timer(2.0, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM))
    timer.start()

    done = work(settings={"training.epochs": 500})

    timer.cancel()
    assert done.code == 4
    assert done.of_kind("stopped")[0].step == done.checkpoint()["progress"]["step"] > 0


def test_schedule_and_warm_up_are_in_the_series(work: "Work") -> None:
    done = work(settings={"training.schedule": "Linear", "training.warmup_epochs": 1.0, "training.learning_rate": 1e-2})

    rates = [value for _, value in done.series("train.learning_rate")]
    assert rates[:6] == sorted(rates[:6])
    assert rates[6:] == sorted(rates[6:], reverse=True)
    assert max(rates) == pytest.approx(1e-2)


def test_checkpoints_hold_manifest_and_no_pickle(work: "Work") -> None:
    done = work()

    folder = done.folder / "checkpoints" / read_json(done.folder / "checkpoints" / "latest.json")["name"]
    manifest = read_json(folder / "manifest.json")
    assert {path.suffix for path in folder.iterdir()} == {".safetensors", ".json"}
    assert (manifest["step"], manifest["fence"]) == (192, 1)
    assert manifest["dataset_fingerprint"]
