"""Faults that are planted into a worker: what a library, a disk, a person or the kernel does to a run.

A plant runs in the forked worker before it begins. Only the memory of a GPU is a fake: a hook that raises what torch's
allocator raises.
"""

import ctypes
import json
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from studio.bundled_weights import PACKAGED_TEXT_MODELS
from studio.datasets.checksums import write_checksums
from studio.datasets.dataset import Dataset
from studio.runs.spec import RunSpec
from tests.support.forked_worker import ForkedWorker

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
GPU_WORDS = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 15.78 GiB of which 0.31 GiB is free."
)
GPU_ERROR = (
    "CUDA error: an illegal memory access was encountered\n"
    "CUDA kernel errors might be asynchronously reported at some other API call."
)
PEER_WORDS = "[../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:29500"
Plant = Callable[[], object]
Prepare = Callable[[Path, Path], object]
"""Changes (run folder, dataset folder) before the worker starts."""


def nothing(*_: object) -> None:
    """No plant."""


def on_pass(act: Callable[[], object], *, number: int, training: bool = True) -> Plant:
    """Do something in the `number`th pass of the model, in training or in scoring.

    An image classifier has one linear layer, which runs once a pass.
    """
    seen = {"passes": 0}

    def before(module: nn.Module, inputs: Any) -> None:
        if isinstance(module, nn.Linear) and module.training is training:
            seen["passes"] += 1
            if seen["passes"] == number:
                act()

    return lambda: register_module_forward_pre_hook(before)


def raises(error: BaseException) -> Callable[[], object]:
    """Raise it."""

    def act() -> None:
        raise error

    return act


def gpu_memory(number: int, *, training: bool = True) -> Plant:
    """A fake allocator that has no more memory at a pass."""
    return on_pass(raises(torch.OutOfMemoryError(GPU_WORDS)), number=number, training=training)


def too_large() -> None:
    """Ask torch for a petabyte."""
    torch.empty(1 << 50)


def normalize_one() -> None:
    """Normalize a batch of one sample of one pixel."""
    nn.BatchNorm2d(3).train()(torch.ones(1, 3, 1, 1))


def label_beyond_classes() -> None:
    """Ask for the loss of a label that has no output."""
    nn.functional.cross_entropy(torch.zeros(1, 2), torch.tensor([5]))


def crash() -> None:
    """Read from address 0."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)


def hold_the_lock_of_python() -> None:
    """Sleep in C without giving Python's lock back."""
    ctypes.PyDLL(None).sleep(3600)


def wrong_outputs(number: int, factor: float) -> Plant:
    """From the `number`th training pass on, outputs of the first linear layer are multiplied."""
    seen = {"passes": 0}

    def after(module: nn.Module, inputs: Any, output: Any) -> Any:
        if isinstance(module, nn.Linear) and module.training:
            seen["passes"] += 1
            if seen["passes"] >= number:
                return output * factor
        return None

    return lambda: register_module_forward_hook(after)


def infinite_gradients() -> None:
    """Gradients of the first layer become infinite in the second update."""
    seen = {"passes": 0}

    def after(module: nn.Module, inputs: Any, output: Any) -> None:
        if isinstance(module, nn.Linear) and module.training and isinstance(output, torch.Tensor):
            seen["passes"] += 1
            if seen["passes"] == 2:
                output.register_hook(lambda gradient: gradient.abs() * float("inf"))

    register_module_forward_hook(after)


def no_more_files() -> None:
    """One further file can be open, and no more, whatever numbers are free below those in use."""
    lowest_free = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + 1, lowest_free + 1))


def no_more_processes() -> None:
    """Forking is refused as when the account has too many processes (as root the limit does not count)."""
    os.fork = raises(BlockingIOError(11, "Resource temporarily unavailable"))  # type: ignore[assignment]


# What is done to a dataset or a run


def change_train(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Prepare:
    """Change the train table of the dataset where it lies."""

    def prepare(run: Path, dataset: Path) -> None:
        path = dataset / "tables" / "train.parquet"
        change(pd.read_parquet(path)).to_parquet(path, index=False)
        seal(dataset)

    return prepare


def seal(dataset: Path) -> None:
    """Make what lies there what the import wrote, for faults that an import would have let through."""
    write_checksums(dataset, [table.file for table in Dataset.open(dataset).manifest.tables])


def change_spec(**changes: Any) -> Prepare:
    """Change the order."""
    return lambda run, dataset: RunSpec.read(run).model_copy(update=changes).write(run)


def change_file(name: str, change: Callable[[Path], object]) -> Prepare:
    """Change an image of the dataset."""
    return lambda run, dataset: change(dataset / "media" / "images" / name)


def imported_file(name: str, change: Callable[[Path], object]) -> Prepare:
    """An image that was so at import already, as far as the studio knows."""

    def prepare(run: Path, dataset: Path) -> None:
        change(dataset / "media" / "images" / name)
        seal(dataset)

    return prepare


def truncate(path: Path) -> None:
    """Keep half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def own_weights(name: str, content: bytes) -> Prepare:
    """Put a weights file of that name into the home's weights folder."""

    def prepare(run: Path, dataset: Path) -> None:
        (run.parent / "weights").mkdir(exist_ok=True)
        (run.parent / "weights" / f"{name}.safetensors").write_bytes(content)

    return prepare


def mixed_text_model(run: Path, dataset: Path) -> None:
    """A folder of a text model whose tokenizer is that of another one."""
    source = PACKAGED_TEXT_MODELS[MINILM].path()
    assert source is not None
    folder = run.parent / "weights" / "me" / "mixed"
    folder.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(source.parent / name, folder / name)
    config = json.loads((source.parent / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 1000}))


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def swapped_labels(run: Path, dataset: Path) -> None:
    """Exchange two labels of the train table; as a table it is as sound as before."""
    path = dataset / "tables" / "train.parquet"
    table = pd.read_parquet(path)
    names = table["label"].unique()[:2]
    table["label"] = table["label"].replace({names[0]: names[1], names[1]: names[0]})
    table.to_parquet(path, index=False)


def swapped_classes(run: Path, dataset: Path) -> None:
    """Turn the order of the classes around."""
    path = dataset / "profile.json"
    values = json.loads(path.read_text())
    values["parts"]["labels"]["names"].reverse()
    path.write_text(json.dumps(values))


def without_tables(run: Path, dataset: Path) -> None:
    """Delete every table."""
    for path in (dataset / "tables").iterdir():
        path.unlink()


# What is done to a living worker


def signal_data_worker(number: signal.Signals) -> Callable[[ForkedWorker], None]:
    """Wait until data workers live, and signal one of them."""

    def act(worker: ForkedWorker) -> None:
        worker.wait_for(lambda: b'"train.loss"' in _log(worker))
        _first_child(worker).send_signal(number)

    return act


def _log(worker: ForkedWorker) -> bytes:
    path = worker.folder / "events.jsonl"
    return path.read_bytes() if path.exists() else b""


def _first_child(worker: ForkedWorker) -> psutil.Process:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        children = worker.children()
        if children:
            return children[0]
        time.sleep(0.02)
    raise AssertionError("no data worker lives")
