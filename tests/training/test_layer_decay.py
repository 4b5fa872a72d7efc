"""Layer decay in a run: rates of the checkpoint, and a resume to the same bits."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .test_loop import equal, keep_signals, stop_after

if TYPE_CHECKING:
    from .conftest import Work

__all__ = ["keep_signals"]


def test_a_run_learns_by_the_rates_and_resumes_with_them(
    work: "Work", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = {
        "training.layer_decay": 0.5,
        "training.learning_rate": 1e-3,
        "training.differential_learning_rate_layers": ["Backbone"],
        "training.differential_learning_rate": 1e-4,
        "architecture.backbone": "test_vit",
    }
    whole, plain = work("whole", settings), work("plain", {**settings, "training.layer_decay": 1.0})
    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", 8, patch)
        work("parts", settings)
    (tmp_path / "parts" / "stop").unlink()

    resumed = work("parts", attempt=2, fence=2, resume=True)

    assert equal(whole.weights(), resumed.weights())
    assert not equal(whole.weights(), plain.weights())
    groups = whole.checkpoint()["optimizer"]["groups"]
    backbone = sorted({group["full_rate"] for group in groups if group["name"] == "Backbone"})
    assert {group["full_rate"] for group in groups if group["name"] == "Head"} == {1e-3}
    assert backbone == pytest.approx([1e-4 * 0.5**depth for depth in range(len(backbone), 0, -1)])
    assert len(backbone) > 2
