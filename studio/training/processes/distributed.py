"""Process group: the processes that train one run together, one a device. A group of one has nobody to ask.

Gradients are averaged by DistributedDataParallel (NCCL between GPUs, Gloo between processors). Everything else that the
processes must agree on goes through a Gloo group of its own, so that waiting for the first process, which alone
validates and writes, stalls no GPU. Messages are JSON; no pickle is sent.
"""

import json
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
import torch.distributed
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from studio.modeling.recipe import Batch, Recipe
from studio.training.processes.ranks import RENDEZVOUS

WAIT = timedelta(days=7)
"""The others wait for the first process while it validates. A process that is gone is noticed at once."""

T = TypeVar("T")


@dataclass(frozen=True)
class ProcessGroup:
    """One process's view of the group."""

    rank: int = 0
    size: int = 1
    control: Any = None
    """The process group for agreements; None in a group of one."""

    @property
    def is_first(self) -> bool:
        """Whether this process reports, validates and writes."""
        return self.rank == 0

    def from_first(self, value: T) -> T:
        """The first process's value, on every process; of JSON."""
        return cast(T, json.loads(self._exchange(json.dumps(value).encode())[0])) if self.size > 1 else value

    def gather(self, value: T) -> list[T]:
        """Every process's value, by rank; of JSON."""
        if self.size == 1:
            return [value]
        return [json.loads(one) for one in self._exchange(json.dumps(value).encode())]

    def any(self, value: bool) -> bool:
        """Whether it is so for any process."""
        if self.size == 1:
            return value
        flag = torch.tensor(int(value))
        torch.distributed.all_reduce(flag, torch.distributed.ReduceOp.MAX, group=self.control)
        return bool(flag)

    def total(self, value: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.size > 1:
            torch.distributed.all_reduce(value)
        return value

    def part(self, start: int, stop: int) -> tuple[int, int]:
        """This process's share of a batch: equal parts, as far as that goes."""
        count = stop - start
        return start + count * self.rank // self.size, start + count * (self.rank + 1) // self.size

    def _exchange(self, message: bytes) -> list[bytes]:
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        torch.distributed.all_gather(sizes, torch.tensor([len(message)]), group=self.control)
        longest = max(int(size) for size in sizes)
        padded = torch.zeros(longest, dtype=torch.uint8)
        padded[: len(message)] = torch.frombuffer(bytearray(message), dtype=torch.uint8)
        gathered = [torch.empty_like(padded) for _ in range(self.size)]
        torch.distributed.all_gather(gathered, padded, group=self.control)
        return [bytes(one[: int(size)].tolist()) for one, size in zip(gathered, sizes, strict=True)]


ALONE = ProcessGroup()


def join_team(folder: Path, rank: int, devices: Sequence[int]) -> ProcessGroup:
    """Meet the other processes of the run at a file in its folder; waits until all are there."""
    if len(devices) <= 1:
        return ALONE
    # All are on this machine: what the host's name resolves to does not matter.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    size = len(devices)
    store = torch.distributed.FileStore(  # type: ignore[attr-defined]
        str(folder / RENDEZVOUS), size
    )
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    torch.distributed.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=WAIT)
    return ProcessGroup(rank, size, torch.distributed.new_group(backend="gloo", timeout=WAIT))


class LossOf(nn.Module):
    """A recipe's loss as the forward pass of a module, which is what DistributedDataParallel watches."""

    def __init__(self, recipe: Recipe[Any], model: nn.Module) -> None:
        super().__init__()
        self.recipe = recipe
        self.model = model

    def forward(self, batch: Batch) -> Tensor:
        """The mean loss of a batch."""
        return self.recipe.loss(self.model, batch)


def shared_loss(recipe: Recipe[Any], model: nn.Module, process_group: ProcessGroup) -> nn.Module:
    """The loss of a batch as a module; its gradients are averaged over the group's processes."""
    loss = LossOf(recipe, model)
    if process_group.size == 1:
        return loss
    # Parts of a detector may have no gradient on one batch (no box, say): then the others must not wait for it.
    return DistributedDataParallel(loss, find_unused_parameters=True)


def gathering(loss: nn.Module, *, is_last: bool) -> AbstractContextManager[None]:
    """Around the forward and backward pass of a batch; before the last of an update nothing is averaged yet."""
    if is_last or not isinstance(loss, DistributedDataParallel):
        return nullcontext()
    return cast(AbstractContextManager[None], loss.no_sync())
