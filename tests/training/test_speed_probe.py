"""The speed probe: takes what is fastest and right, leaves no trace, and says why."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from studio.modeling.compute_mode import ComputeMode
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.loading import TrainingOrder
from studio.modeling.recipe import Batch, SampleIndex, Samples
from studio.modeling.seeds import generator_states
from studio.training.processes.stopping import StopRequested
from studio.training.start.speed_probe import DEFAULT, REFERENCE, Choice, ProbeInputs, allowed_modes, choose_mode

from .test_loop import stop_after

if TYPE_CHECKING:
    from .conftest import ProbeInputs as Worker

CPU = torch.device("cpu")
LAST_HALF = ComputeMode("Channels last", "bfloat16")
FIRST_HALF = ComputeMode("Channels first", "bfloat16")
MODES = (DEFAULT, REFERENCE, LAST_HALF, FIRST_HALF)


class Numbers(Samples):
    """Rows that are their own number."""

    def __getitem__(self, draw: SampleIndex) -> int:
        return draw.row


class Pace:
    """A clock that a recipe turns: each forward pass takes what its mode takes."""

    def __init__(self, seconds: dict[ComputeMode, float]) -> None:
        self.seconds = seconds
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Paced:
    """A recipe whose steps take the time of the mode they run in, and whose loss may lie off in 16 bits."""

    def __init__(self, pace: Pace, off: float = 0.0, broken: ComputeMode | None = None) -> None:
        self.pace, self.off, self.broken = pace, off, broken

    def collate(self, items: Sequence[int]) -> Batch:
        return Batch(rows=list(items))

    def loss(self, model: Any, batch: Batch) -> Tensor:
        is_half = torch.is_autocast_enabled("cpu")
        is_last = model[0].memory_format == torch.channels_last
        mode = ComputeMode("Channels last" if is_last else "Channels first", "bfloat16" if is_half else "float32")
        self.pace.now += self.pace.seconds[mode]
        pixels = torch.rand(len(batch), 3, 8, 8) * 255
        loss: Tensor = model(pixels).float().square().mean() + 1.0
        loss = loss + (self.off * loss.detach() if is_half else 0.0)
        return loss * float("inf") if mode == self.broken else loss


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        PixelNormalization("Channel", 3), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.2), nn.Conv2d(4, 2, 3)
    )


def probe(
    seconds: dict[ComputeMode, float], modes: Sequence[ComputeMode] = MODES, batches: int = 2000, **recipe: Any
) -> tuple[Choice, nn.Module]:
    pace, model = Pace(seconds), network()
    order = TrainingOrder(16, 4, drop_last=False, seed=0)
    work = ProbeInputs(Paced(pace, **recipe), model, Numbers(16), order, CPU, batches)  # type: ignore[arg-type]
    return choose_mode(work, modes, clock=pace), model


def test_the_fastest_mode_is_taken_and_its_gain_told() -> None:
    choice, _ = probe({DEFAULT: 0.1, REFERENCE: 0.16, LAST_HALF: 0.08, FIRST_HALF: 0.2})

    verdicts = {(one.layout, one.precision): one.verdict for one in choice.candidates}
    assert choice.mode == LAST_HALF
    assert choice.gain == pytest.approx(2.0)
    assert "2.00 times" in choice.reason
    assert verdicts["Channels last", "bfloat16"] == ""
    assert verdicts["Channels first", "bfloat16"] == "slower by 150%"


def test_a_small_gain_changes_nothing() -> None:
    choice, _ = probe({DEFAULT: 0.1, REFERENCE: 0.1, LAST_HALF: 0.095, FIRST_HALF: 0.2})

    assert choice.mode == DEFAULT
    assert {one.verdict for one in choice.candidates} >= {"", "faster by less than 10%"}


def test_a_mode_whose_loss_differs_is_rejected() -> None:
    choice, _ = probe({DEFAULT: 0.1, REFERENCE: 0.16, LAST_HALF: 0.02, FIRST_HALF: 0.02}, off=0.05)

    refused = [one for one in choice.candidates if one.verdict.startswith("rejected: its loss differs by 5")]
    assert choice.mode == DEFAULT
    assert len(refused) == 2


def test_a_mode_with_gradients_that_are_not_finite_is_refused() -> None:
    choice, _ = probe({DEFAULT: 0.1, REFERENCE: 0.16, LAST_HALF: 0.02, FIRST_HALF: 0.2}, broken=LAST_HALF)

    assert choice.mode == DEFAULT
    assert "rejected: its gradients are not finite" in [one.verdict for one in choice.candidates]


@pytest.mark.parametrize(
    ("batches", "seconds", "words"), [(99, 1.0, "only 99 batches"), (100, 0.01, "takes only about 1 s")]
)
def test_a_short_run_is_not_measured(batches: int, seconds: float, words: str) -> None:
    choice, _ = probe(dict.fromkeys(MODES, seconds), batches=batches)

    assert choice.mode == DEFAULT
    assert words in choice.reason


def test_a_single_allowed_mode_is_taken_without_a_step() -> None:
    choice, _ = probe({}, modes=[FIRST_HALF])

    assert choice.mode == FIRST_HALF
    assert choice.candidates == ()


def test_slow_steps_are_tried_with_half_the_samples() -> None:
    spent: list[int] = []

    class Watched(Paced):
        def loss(self, model: Any, batch: Batch) -> Tensor:
            spent.append(len(batch))
            before = self.pace.now
            loss = super().loss(model, batch)
            self.pace.now = before + 0.25 * len(batch)
            return loss

    pace, model = Pace(dict.fromkeys(MODES, 0.0)), network()
    order = TrainingOrder(64, 32, drop_last=False, seed=0)
    work = ProbeInputs(Watched(pace), model, Numbers(64), order, CPU, 500)  # type: ignore[arg-type]

    choose_mode(work, MODES, clock=pace)

    assert spent[0] == 32
    assert set(spent[2:]) == {16}


def test_the_model_and_all_generators_are_as_before() -> None:
    before = network()
    tensors, rest = generator_states()
    _, after = probe({DEFAULT: 0.1, REFERENCE: 0.16, LAST_HALF: 0.08, FIRST_HALF: 0.2})
    torch.manual_seed(0)

    again, again_rest = generator_states()
    assert again_rest == rest
    assert all(torch.equal(value, after.state_dict()[name]) for name, value in before.state_dict().items())
    assert all(parameter.grad is None for parameter in after.parameters())
    assert again.keys() == tensors.keys()


def test_generators_go_on_where_they_were() -> None:
    np.random.seed(5)
    model = network()
    pace = Pace(dict.fromkeys(MODES, 0.1))
    work = ProbeInputs(Paced(pace), model, Numbers(16), TrainingOrder(16, 4, drop_last=False, seed=0), CPU, 1000)  # type: ignore[arg-type]
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)

    choose_mode(work, MODES, clock=pace)

    assert torch.equal(torch.rand(3), expected)
    assert np.random.rand() == np.random.RandomState(5).rand()


class Environment:
    """The settings that the probe reads."""

    def __init__(self, *, mixed: bool = True, precision: str = "Automatic", layout: str = "Automatic") -> None:
        self.mixed_precision_training, self.precision, self.memory_layout = mixed, precision, layout


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (Environment(), [DEFAULT, REFERENCE, LAST_HALF, FIRST_HALF]),
        (Environment(mixed=False), [DEFAULT, REFERENCE]),
        (Environment(mixed=False, precision="bfloat16", layout="Channels first"), [REFERENCE]),
        (Environment(precision="bfloat16"), [LAST_HALF, FIRST_HALF]),
        (Environment(precision="float32", layout="Channels last"), [DEFAULT]),
        (Environment(precision="float16", layout="Channels last"), [DEFAULT]),
    ],
)
def test_settings_limit_what_is_tried(environment: Environment, expected: list[ComputeMode]) -> None:
    assert allowed_modes(environment, CPU) == expected


def measuring(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Measure short runs too."""
    import studio.training.start.speed_probe as module

    monkeypatch.setattr(module, "MIN_BATCHES", 1)
    monkeypatch.setattr(module, "MIN_RUN_SECONDS", 0.0)
    monkeypatch.setattr(module, "BUDGET_SHARE", 100.0)
    return lambda: None


def test_a_probed_run_has_the_bits_of_one_that_was_not(work: "Worker", monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"architecture.dropout": 0.3, "environment.mixed_precision_training": False}
    plain = work("plain", {**settings, "environment.memory_layout": "Channels last"})
    measuring(monkeypatch)
    monkeypatch.setattr("studio.training.start.speed_probe.MIN_GAIN", 1e9)

    probed = work("probed", settings)

    first, second = plain.weights(), probed.weights()
    assert len(probed.of_kind("speed")[0].candidates) == 2
    assert plain.of_kind("speed")[0].candidates == ()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_resumed_run_keeps_its_mode(work: "Worker", monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fixed = {"environment.memory_layout": "Channels first", "environment.precision": "bfloat16"}
    with monkeypatch.context() as patch:
        stop_after(tmp_path / "run", 2, patch)
        first = work("run", {**fixed, "training.epochs": 1})
    (tmp_path / "run" / "stop").unlink()

    again = work("run", attempt=2, fence=2, resume=True)

    speeds = again.of_kind("speed")
    assert first.checkpoint()["mode"] == {"layout": "Channels first", "precision": "bfloat16"}
    assert [(one.layout, one.precision) for one in speeds] == [("Channels first", "bfloat16")] * 2
    assert "as before the stop" in speeds[1].reason


def test_a_stop_is_heard_between_two_steps() -> None:
    looks = iter((False, False, False, True))

    def check() -> None:
        if next(looks):
            raise StopRequested

    pace, model = Pace(dict.fromkeys(MODES, 1.0)), network()
    order = TrainingOrder(16, 4, drop_last=False, seed=0)
    work = ProbeInputs(Paced(pace), model, Numbers(16), order, CPU, 1000, check)  # type: ignore[arg-type]

    with pytest.raises(StopRequested):
        choose_mode(work, MODES, clock=pace)

    assert pace.now == 3.0


class Disturbed(Pace):
    """A machine on which every few steps take three times as long."""

    def __init__(self, seconds: dict[ComputeMode, float], slow: Sequence[int]) -> None:
        super().__init__(seconds)
        self.slow, self.steps, self.last = frozenset(slow), 0, 0.0

    def __call__(self) -> float:
        if self.now != self.last:
            self.steps += 1
            self.now += 2 * (self.now - self.last) * (self.steps in self.slow)
            self.last = self.now
        return self.now


@pytest.mark.parametrize("slow", [(5,), (9,), (13,), (17,), (5, 17), (9, 21)])
def test_a_mode_twice_as_fast_is_taken_although_it_was_slower_once(slow: tuple[int, ...]) -> None:
    pace = Disturbed({DEFAULT: 0.437, REFERENCE: 0.5, LAST_HALF: 0.207, FIRST_HALF: 0.45}, slow)
    order = TrainingOrder(16, 4, drop_last=False, seed=0)
    work = ProbeInputs(Paced(pace), network(), Numbers(16), order, CPU, 3000, is_warm=True)  # type: ignore[arg-type]

    choice = choose_mode(work, MODES, clock=pace)

    assert choice.mode == LAST_HALF
    assert choice.is_complete


@pytest.mark.parametrize("batches", [100, 200, 450, 700, 1000, 5000])
@pytest.mark.parametrize("slowest", [0.1, 0.3, 1.0])
def test_a_measurement_costs_two_percent_of_the_run_at_most(batches: int, slowest: float) -> None:
    pace = Pace({DEFAULT: 0.2, REFERENCE: 0.25, LAST_HALF: slowest, FIRST_HALF: slowest})
    order = TrainingOrder(16, 4, drop_last=False, seed=0)
    work = ProbeInputs(Paced(pace), network(), Numbers(16), order, CPU, batches, is_warm=True)  # type: ignore[arg-type]

    choice = choose_mode(work, MODES, clock=pace)

    # The step that the clock runs out in is not cut off.
    assert pace.now <= 0.02 * batches * 0.2 + max(0.25, slowest)
    assert choice.mode.precision == ("bfloat16" if slowest < 0.2 and choice.candidates else "float32")


def test_what_there_was_no_time_for_is_told_and_not_complete() -> None:
    choice, _ = probe({DEFAULT: 0.2, REFERENCE: 0.2, LAST_HALF: 0.1, FIRST_HALF: 1.0}, batches=900)

    verdicts = {(one.layout, one.precision): one.verdict for one in choice.candidates}
    assert choice.mode == LAST_HALF
    assert not choice.is_complete
    assert verdicts["Channels first", "bfloat16"] == "skipped: measuring it would take too long"


def test_the_longest_run_is_probed_for_half_a_minute_at_most() -> None:
    pace, model = Pace(dict.fromkeys(MODES, 0.5)), network()
    order = TrainingOrder(16, 4, drop_last=False, seed=0)
    work = ProbeInputs(Paced(pace), model, Numbers(16), order, CPU, 100_000)  # type: ignore[arg-type]

    choose_mode(work, MODES, clock=pace)

    assert pace.now < 35
