"""Batches from samples: which rows in which order, and data workers that make them beside the model."""

import faulthandler
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Sampler
from torch.utils.data import Dataset as TorchDataset

from studio.errors import StudioError
from studio.modeling.recipe import BatchT, Recipe, SampleIndex, Samples
from studio.modeling.sample_error import SampleError
from studio.results.prediction import ROW
from studio.runs.process import die_with_parent

DEATH_SECONDS = 2.0
"""How long it is waited for to learn how a data worker ended whose connection broke."""
POOL_BATCHES = 64
"""Batches whose rows are sorted by length together: enough for little padding, few enough to stay random."""


def batch_bounds(count: int, batch_size: int, *, drop_last: bool, devices: int = 1) -> list[tuple[int, int]]:
    """(start, stop) of every batch of an epoch; a batch is shared out over the devices, `batch_size` to each.

    An incomplete last batch is dropped only if another batch is left. A last batch of one sample a device joins the
    one before, since batch normalization needs two.
    """
    whole = batch_size * devices
    bounds = [(start, min(start + whole, count)) for start in range(0, count, whole)]
    if len(bounds) > 1 and bounds[-1][1] - bounds[-1][0] < whole:
        last = bounds.pop()
        if not drop_last and last[1] - last[0] < 2 * devices:
            bounds[-1] = (bounds[-1][0], last[1])
        elif not drop_last:
            bounds.append(last)
    return bounds


class TrainingOrder(Sampler[list[SampleIndex]]):
    """The batches of one epoch: shuffled by seed and epoch alone, startable in the middle.

    On several devices, this one's share of each batch: `part` gives it. Shares together are the batch of one device.
    """

    def __init__(
        self,
        count: int,
        batch_size: int,
        *,
        drop_last: bool,
        seed: int,
        devices: int = 1,
        part: Callable[[int, int], tuple[int, int]] = lambda start, stop: (start, stop),
        lengths: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        self.bounds = batch_bounds(count, batch_size, drop_last=drop_last, devices=devices)
        self._part = part
        self._count = count
        self._seed = seed
        self._lengths = lengths
        self._epoch = 0
        self._first = 0

    def begin(self, epoch: int, first_batch: int = 0) -> None:
        """The epoch that the next iteration gives, from one of its batches on."""
        self._epoch, self._first = epoch, first_batch

    def __len__(self) -> int:
        return len(self.bounds) - self._first

    def __iter__(self) -> Iterator[list[SampleIndex]]:
        generator = np.random.default_rng([self._seed, self._epoch])
        order = generator.permutation(self._count)
        if self._lengths is not None:
            order = self._by_length(order, generator)
        seeds = generator.integers(0, 2**32, size=self._count)
        for start, stop in self.bounds[self._first :]:
            yield [SampleIndex(int(order[i]), int(seeds[i])) for i in range(*self._part(start, stop))]

    def _by_length(self, order: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        """The order with rows of similar lengths side by side.

        Sorted within pools of many batches, whose batches are shuffled afterwards: batches stay random, and no row has
        the same company in every epoch. An incomplete batch stays the last, as the bounds have it.
        """
        assert self._lengths is not None
        whole: list[NDArray[np.int64]] = []
        rest: list[NDArray[np.int64]] = []
        size = self.bounds[0][1]
        for first in range(0, len(self.bounds), POOL_BATCHES):
            pool = self.bounds[first : first + POOL_BATCHES]
            rows = order[pool[0][0] : pool[-1][1]]
            rows = rows[np.argsort(self._lengths[rows], kind="stable")]
            # The odd batch of an epoch may have any length.
            sizes = generator.permutation([stop - start for start, stop in pool])
            for chunk in np.split(rows, np.cumsum(sizes)[:-1]):
                (whole if len(chunk) == size else rest).append(generator.permutation(chunk))
        shuffled = [whole[int(i)] for i in generator.permutation(len(whole))]
        return np.concatenate([*shuffled, *rest, order[self.bounds[-1][1] :]])


class ScoringOrder(Sampler[list[SampleIndex]]):
    """Every row once, without randomness: in the table's order, or from the longest sample to the shortest."""

    def __init__(self, count: int, batch_size: int, lengths: NDArray[np.integer[Any]] | None = None) -> None:
        self._rows = np.arange(count) if lengths is None else np.argsort(-lengths, kind="stable")
        self._bounds = [(start, min(start + batch_size, count)) for start in range(0, count, batch_size)]

    def __len__(self) -> int:
        return len(self._bounds)

    def __iter__(self) -> Iterator[list[SampleIndex]]:
        return ([SampleIndex(int(row)) for row in self._rows[start:stop]] for start, stop in self._bounds)


class BatchLoader(Generic[BatchT]):
    """Batches of a recipe's samples, made in `workers` processes, or with none in a thread, one batch ahead.

    `on_arrival` hears when a batch is there and about to go to the device. `rows` are the numbers that the dataset
    gives to the samples' rows, for messages.
    """

    def __init__(
        self,
        recipe: Recipe[BatchT],
        samples: Samples,
        order: Sampler[list[SampleIndex]],
        workers: int,
        device: torch.device,
        on_arrival: Callable[[], None] = lambda: None,
        rows: Sequence[int] = (),
    ) -> None:
        self._loader: DataLoader[Any] = DataLoader(
            _Guarded(samples, rows),
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
        self._on_arrival = on_arrival
        self._is_alone = workers == 0

    def __iter__(self) -> Iterator[BatchT]:
        batches = _ahead(self._loader) if self._is_alone else _from_workers(self._loader)
        for batch in batches:
            self._on_arrival()
            if isinstance(batch, _Broken):
                raise batch.error()
            yield batch.to(self._device)


def _from_workers(batches: Iterable[Any]) -> Iterator[Any]:
    """The batches of data workers. One that dies while it hands a batch over breaks the connection first.

    Raises:
        RuntimeError: of torch, with the signal that killed a worker.
    """
    try:
        yield from batches
    except (ConnectionError, EOFError):
        deadline = time.monotonic() + DEATH_SECONDS
        while time.monotonic() < deadline:
            torch._C._error_if_any_worker_fails()  # raises as soon as the kernel tells how it ended
            time.sleep(0.02)
        raise


def _ahead(batches: Iterable[Any]) -> Iterator[Any]:
    """The batches, each made in a thread while the one before is worked on; what fails there is raised here."""
    ready: queue.Queue[Any] = queue.Queue(maxsize=1)
    is_over = threading.Event()

    def put(item: Any) -> None:
        while not is_over.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue

    def make() -> None:
        try:
            for batch in batches:
                if is_over.is_set():
                    return
                put(batch)
            put(_END)
        except BaseException as error:  # on its way to the thread that asked
            put(_Raised(error))

    thread = threading.Thread(target=make, name="data", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not _END:
            if isinstance(item, _Raised):
                raise item.error
            yield item
    finally:
        is_over.set()
        thread.join()


_END = object()


@dataclass(frozen=True)
class _Raised:
    error: BaseException


def data_workers(wanted: int, threads: int) -> int:
    """Data workers for a run that may use `threads` cores; one core stays with the model, so one core reads in turn."""
    return max(0, min(wanted, threads - 1))


def source_rows(table: pd.DataFrame) -> Sequence[int]:
    """The numbers of a table's rows in the dataset; empty where they are not known."""
    return [int(row) for row in table[ROW]] if ROW in table.columns else ()


@dataclass(frozen=True)
class _Broken:
    """An error on its way from a data worker; torch would keep only its text."""

    code: str
    message: str
    hint: str
    row: int
    file: str = ""
    detail: str = ""

    def error(self) -> SampleError:
        """The error in the process that asked for the sample."""
        error = SampleError(self.message, row=self.row, file=self.file, hint=self.hint, code=self.code)
        if self.detail:
            error.add_note(self.detail)
        return error


class _Guarded(TorchDataset[Any]):
    def __init__(self, samples: Samples, rows: Sequence[int]) -> None:
        self._samples = samples
        self._rows = rows

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, draw: SampleIndex) -> Any:
        try:
            return self._samples[draw]
        except SampleError as error:
            return _Broken(error.code, error.message, error.hint, error.row, error.file)
        except MemoryError:
            raise
        except Exception as error:  # the border of the data worker: whatever went wrong is told with its row
            row = self._rows[draw.row] if draw.row < len(self._rows) else draw.row + 1
            if isinstance(error, StudioError):
                return _Broken(error.code, error.message, error.hint, row)
            words = f"{type(error).__name__}: {error}"
            return _Broken(
                "sample",
                f"Row {row} could not be prepared: {words}",
                "Check this row of the dataset. Correct it and import again, or remove it.",
                row,
                detail="".join(traceback.format_exception(error)),
            )


class _GuardedCollate:
    def __init__(self, collate: Callable[[Sequence[Any]], Any]) -> None:
        self._collate = collate

    def __call__(self, items: Sequence[Any]) -> Any:
        broken = next((item for item in items if isinstance(item, _Broken)), None)
        return broken if broken is not None else self._collate(items)


def _begin_worker(worker: int) -> None:
    """One thread, stacks on request, and an end together with the process that asked, however that one dies."""
    die_with_parent()
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    torch.set_num_threads(1)
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(0)
