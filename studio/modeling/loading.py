"""Batches from samples: which rows in which order, and data workers that make them beside the model."""

import ctypes
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler
from torch.utils.data import Dataset as TorchDataset

from studio.errors import StudioError, TrainingError
from studio.modeling.recipe import BatchT, Draw, Recipe, Samples

PR_SET_PDEATHSIG = 1
"""Of Linux's prctl."""


def batch_bounds(count: int, batch_size: int, *, drop_last: bool) -> list[tuple[int, int]]:
    """(start, stop) of every batch of an epoch.

    An incomplete last batch is dropped only if another batch is left. A last batch of one sample joins the one
    before, since batch normalization needs two.
    """
    bounds = [(start, min(start + batch_size, count)) for start in range(0, count, batch_size)]
    if len(bounds) > 1 and bounds[-1][1] - bounds[-1][0] < batch_size:
        last = bounds.pop()
        if not drop_last and last[1] - last[0] == 1:
            bounds[-1] = (bounds[-1][0], last[1])
        elif not drop_last:
            bounds.append(last)
    return bounds


class TrainingOrder(Sampler[list[Draw]]):
    """The batches of one epoch: shuffled by seed and epoch alone, startable in the middle."""

    def __init__(self, count: int, batch_size: int, *, drop_last: bool, seed: int) -> None:
        self.bounds = batch_bounds(count, batch_size, drop_last=drop_last)
        self._count = count
        self._seed = seed
        self._epoch = 0
        self._first = 0

    def begin(self, epoch: int, first_batch: int = 0) -> None:
        """The epoch that the next iteration gives, from one of its batches on."""
        self._epoch, self._first = epoch, first_batch

    def __len__(self) -> int:
        return len(self.bounds) - self._first

    def __iter__(self) -> Iterator[list[Draw]]:
        generator = np.random.default_rng([self._seed, self._epoch])
        order = generator.permutation(self._count)
        seeds = generator.integers(0, 2**32, size=self._count)
        for start, stop in self.bounds[self._first :]:
            yield [Draw(int(order[i]), int(seeds[i])) for i in range(start, stop)]


class ScoringOrder(Sampler[list[Draw]]):
    """Every row once, in the table's order, without randomness."""

    def __init__(self, count: int, batch_size: int) -> None:
        self._bounds = [(start, min(start + batch_size, count)) for start in range(0, count, batch_size)]

    def __len__(self) -> int:
        return len(self._bounds)

    def __iter__(self) -> Iterator[list[Draw]]:
        return ([Draw(i) for i in range(start, stop)] for start, stop in self._bounds)


class BatchLoader(Generic[BatchT]):
    """Batches of a recipe's samples, made in `workers` processes, or in turn with none."""

    def __init__(
        self, recipe: Recipe[BatchT], samples: Samples, order: Sampler[list[Draw]], workers: int, device: torch.device
    ) -> None:
        self._loader: DataLoader[Any] = DataLoader(
            _Guarded(samples),
            batch_sampler=order,
            collate_fn=_GuardedCollate(recipe.collate),
            num_workers=workers,
            persistent_workers=workers > 0,
            # Forked after CUDA has started, workers would inherit its handles.
            multiprocessing_context=("forkserver" if device.type == "cuda" else "fork") if workers else None,
            worker_init_fn=_begin_worker,
            generator=torch.Generator().manual_seed(0),
        )
        self._device = device

    def __iter__(self) -> Iterator[BatchT]:
        for batch in self._loader:
            if isinstance(batch, _Broken):
                raise TrainingError(batch.message, hint=batch.hint, code=batch.code)
            yield batch.to(self._device)


def data_workers(wanted: int, threads: int) -> int:
    """Data workers for a run that may use `threads` cores; one core stays with the model, so one core reads in turn."""
    return max(0, min(wanted, threads - 1))


@dataclass(frozen=True)
class _Broken:
    """An error on its way from a data worker; torch would keep only its text."""

    code: str
    message: str
    hint: str


class _Guarded(TorchDataset[Any]):
    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, draw: Draw) -> Any:
        try:
            return self._samples[draw]
        except StudioError as error:
            return _Broken(error.code, error.message, error.hint)


class _GuardedCollate:
    def __init__(self, collate: Callable[[Sequence[Any]], Any]) -> None:
        self._collate = collate

    def __call__(self, items: Sequence[Any]) -> Any:
        broken = next((item for item in items if isinstance(item, _Broken)), None)
        return broken if broken is not None else self._collate(items)


def _begin_worker(worker: int) -> None:
    """One thread, and an end together with the process that asked for the data, however that one dies."""
    import cv2

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
