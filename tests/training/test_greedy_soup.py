"""The greedy soup: the mean of validated weights that are best together, chosen on validation rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file

from studio.files import read_json

from .test_loop import equal, keep_signals, stop_after

if TYPE_CHECKING:
    from .conftest import Work, Worked

__all__ = ["keep_signals"]

SOUP = {
    "training.greedy_soup": 4,
    "training.epochs": 4,
    "training.evaluation_epochs": 0.5,
    "training.schedule": "Constant",
    "training.learning_rate": 1e-3,
    "architecture.backbone": "test_convnext",
    "prediction.metric": "LogLoss",
}


WHILE_AVERAGING = 52
"""Looks whether to stop until averages are validated."""


def panel(done: "Worked") -> list[tuple[int, float, str]]:
    return [tuple(row) for row in read_json(done.folder / "insights" / "greedy-soup.json")["payload"]["rows"]]


def validated_weights(work: "Work", step: int, settings: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The weights after so many samples, by a training that ends there; its rate is constant."""
    return work(f"until {step}", {**settings, "training.greedy_soup": 0, "training.epochs": step // 96}).weights()


def test_the_model_is_the_mean_of_the_chosen_weights_and_no_worse_than_the_best(work: "Work") -> None:
    settings = {**SOUP, "training.evaluation_epochs": 1.0}
    done = work("done", settings)

    chosen = [step for step, _, is_in in panel(done) if is_in == "yes"]
    several = [validated_weights(work, step, settings) for step in chosen]
    assert len(chosen) > 1
    for name, value in done.weights().items():
        if value.is_floating_point():
            mean = torch.stack([one[name].double() for one in several]).mean(0)
            torch.testing.assert_close(value.double(), mean, rtol=0, atol=1e-5)
    finished = done.of_kind("finished")[0]
    losses = [value for _, value in done.series("validation.LogLoss")]
    assert finished.metrics["validation"]["LogLoss"] <= min(losses) + 1e-6
    assert finished.best["averaged"] == len(chosen)
    assert finished.best["metric"] == pytest.approx(finished.metrics["validation"]["LogLoss"], abs=1e-4)


def test_only_the_best_are_kept_and_nothing_stays_on_the_disk(work: "Work", tmp_path: Path) -> None:
    done = work("done", SOUP)

    points = done.series("validation.LogLoss")
    best = sorted(points, key=lambda one: (one[1], -one[0]))[:4]
    assert [(step, value) for step, value, _ in panel(done)] == sorted(best)
    assert len(points) == 8
    assert not (done.folder / "checkpoints" / "soup").exists()


def test_files_of_a_stopped_run_are_no_more_than_asked_for(
    work: "Work", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stop_after(tmp_path / "stopped", 40, monkeypatch)
    stopped = work("stopped", {**SOUP, "training.greedy_soup": 2})

    files = list((stopped.folder / "checkpoints" / "soup").iterdir())
    assert stopped.code == 4
    assert len(files) == 2
    assert all(load_file(path) for path in files)


@pytest.mark.parametrize(
    ("looks", "changes"),
    [
        (WHILE_AVERAGING, {}),
        (30, {"training.ema_decay": 0.9, "training.save_best_checkpoint": True}),
    ],
)
def test_a_stopped_run_resumes_to_the_same_soup(
    work: "Work", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, looks: int, changes: dict[str, Any]
) -> None:
    settings = {**SOUP, "training.head_start": "Linear probe", "architecture.dropout": 0.3, **changes}
    whole = work("whole", settings)
    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", looks, patch)
        stopped = work("parts", settings)
    last_phase = stopped.of_kind("phase")[-1].name
    (tmp_path / "parts" / "stop").unlink()

    resumed = work("parts", attempt=2, fence=2, resume=True)

    assert (stopped.code, resumed.code) == (4, 0)
    assert (last_phase == "averaging weights") == (looks == WHILE_AVERAGING)
    assert equal(whole.weights(), resumed.weights())
    assert panel(whole) == panel(resumed)


def test_rows_that_choose_the_soup_are_not_trained_on(work: "Work") -> None:
    settings = {**SOUP, "training.epochs": 2}

    soup, asked = work("soup", settings), work("asked", {**settings, "training.train_validation_data": True})

    assert equal(soup.weights(), asked.weights())
