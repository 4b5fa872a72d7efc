"""The moving average of the weights: what is validated and kept, while training goes on as it would."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file
from timm.utils import ModelEmaV3
from torch import nn

from studio.files import read_json
from studio.modeling.weight_average import averaged_model, decay_at

from .test_loop import equal, keep_signals, stop_after

if TYPE_CHECKING:
    from .conftest import Work, Worked

__all__ = ["keep_signals"]

AVERAGED = {"training.ema_decay": 0.9}


def last(done: "Worked") -> Path:
    folder = done.folder / "checkpoints"
    return folder / str(read_json(folder / "latest.json")["name"])


def network() -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    model.register_buffer("positions", torch.arange(9))
    return model


def test_the_average_is_that_of_timm_and_whole_numbers_stay_whole() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    decay = 0.15  # below what the first updates allow, hence the same at each
    average, reference = averaged_model(model, decay), ModelEmaV3(model, decay=decay)
    assert average is not None

    for step in range(6):
        optimizer.zero_grad()
        model(torch.randn(16, 4)).square().mean().backward()
        optimizer.step()
        average.update_parameters(model)
        reference.update(model, step=step + 1)  # like torch it takes the first update as it is

    found, expected = average.module.state_dict(), reference.module.state_dict()
    for name in ("0.weight", "0.bias", "1.weight", "1.running_mean", "1.running_var", "2.weight"):
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-6)
    assert not torch.equal(found["0.weight"], model.state_dict()["0.weight"])
    assert found["positions"].tolist() == list(range(9))
    assert found["1.num_batches_tracked"].item() == 6


def test_the_decay_rises_to_what_is_set() -> None:
    assert [decay_at(update, 0.9) for update in (0, 8, 80, 1000)] == pytest.approx([0.1, 0.5, 0.9, 0.9])


def test_the_bundle_has_the_average_and_training_is_not_touched(work: "Work") -> None:
    averaged = work("averaged", {**AVERAGED, "training.epochs": 3})
    plain = work("plain", {"training.epochs": 3})

    trained, average = (load_file(last(averaged) / f"{name}.safetensors") for name in ("model", "average"))
    assert averaged.series("train.loss") == plain.series("train.loss")
    assert equal(trained, plain.weights())
    assert equal(average, averaged.weights())
    assert not equal(average, trained)
    ended = averaged.series("validation.loss")[-1][1]
    assert averaged.of_kind("finished")[0].metrics["validation"]["loss"] == pytest.approx(ended, abs=1e-4)
    assert ended != pytest.approx(plain.series("validation.loss")[-1][1], abs=1e-4)
    assert not (last(plain) / "average.safetensors").exists()


@pytest.mark.parametrize(
    "changes", [{}, {"training.save_best_checkpoint": True, "training.head_start": "Linear probe"}]
)
def test_a_stopped_run_resumes_to_the_same_average(
    work: "Work", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, object]
) -> None:
    settings = {**AVERAGED, "architecture.dropout": 0.3, "training.epochs": 2, **changes}
    whole = work("whole", settings)
    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", 8, patch)
        stopped = work("parts", settings)
    (tmp_path / "parts" / "stop").unlink()

    resumed = work("parts", attempt=2, fence=2, resume=True)

    assert (stopped.code, resumed.code) == (4, 0)
    assert equal(whole.weights(), resumed.weights())
    assert whole.series("validation.loss") == resumed.series("validation.loss")


def test_the_best_average_is_kept(work: "Work") -> None:
    done = work("done", {**AVERAGED, "training.save_best_checkpoint": True, "training.epochs": 3})

    folder = done.folder / "checkpoints"
    best = folder / str(read_json(folder / "best.json")["name"])
    assert equal(load_file(best / "average.safetensors"), done.weights())
