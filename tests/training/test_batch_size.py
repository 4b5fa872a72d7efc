"""Batch size back-off: halve, then bisect; the model is left as it was."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from studio.errors import TrainingError
from studio.modeling.recipe import Batch, SampleIndex, Samples
from studio.training.start.batch_size import fitting_batch_size


class Rows(Samples):
    """Rows that are their own number."""

    def __getitem__(self, draw: SampleIndex) -> int:
        return draw.row


class Hungry:
    """A recipe whose loss needs more memory than there is above `limit` samples."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tried: list[int] = []

    def collate(self, items: list[int]) -> Batch:
        return Batch(rows=items)

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        self.tried.append(len(batch))
        if len(batch) > self.limit:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        out: torch.Tensor = model(torch.randn(len(batch), 4)).mean()
        return out


class Told:
    """Hears what is logged."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, level: str, text: str) -> None:
        self.lines.append(text)


class FakeJob:
    """As much of a job as the search looks at."""

    def __init__(self, limit: int) -> None:
        self.recipe = Hungry(limit)
        self.reporter = Told()
        self.device = torch.device("cpu")
        self.spec = SimpleNamespace(problem_type="image_classification")


def search(limit: int, wanted: int) -> tuple[int, Any, nn.Module]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    context: Any = FakeJob(limit)
    return fitting_batch_size(context, model, Rows(10), wanted), context, model


@pytest.mark.parametrize(("limit", "wanted"), [(100, 64), (37, 64), (64, 64), (5, 64), (90, 256)])
def test_the_largest_batch_that_fits_is_found_within_an_eighth(limit: int, wanted: int) -> None:
    found, context, _ = search(limit, wanted)

    best = min(limit, wanted)
    assert best - max(1, found // 8) <= found <= best
    assert len(context.recipe.tried) <= 12


def test_a_batch_that_fits_is_tried_once_and_not_mentioned() -> None:
    found, context, _ = search(100, 32)

    assert (found, context.recipe.tried, context.reporter.lines) == (32, [32], [])


def test_model_and_generators_are_left_as_found() -> None:
    torch.manual_seed(0)
    fresh = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    after = torch.rand(1)

    _, _, model = search(37, 64)

    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), fresh.state_dict().values(), strict=True))
    assert torch.equal(torch.rand(1), after)


def test_not_even_one_is_out_of_memory(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        search(0, 8)

    assert caught.value.code == "oom_host"
