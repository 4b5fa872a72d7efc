"""Seconds an epoch of object detection against a bare efficientdet-pytorch loop, and against Ultralytics if asked.

    python -m benchmarks.detection [--backbone tf_efficientdet_lite0] [--size 256] [--rounds 3]
    python -m benchmarks.detection --yolo PYTHON [--target 0.7]     minutes until both reach a validation mAP at 0.5

Blood cells (`STUDIO_SHARED_DATA`). PYTHON is the interpreter of an environment of its own with `ultralytics`, whose
YOLO11n is built from its configuration (its weights are on a server of its makers); ours is the suggested recipe, which
starts from the packaged backbone. Both train on the 160 images and are validated on the 60 after every epoch.
"""

import argparse
import csv
import shutil
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from effdet import DetBenchTrain, EfficientDet, get_efficientdet_config

from benchmarks.epoch_time import bare, compare, one_round, read_events
from benchmarks.quality import BOX_ROLES, DATA, suggested
from benchmarks.workspace import TRAINING_ONLY, Source, import_dataset, make_run, run_worker
from studio.runs.events import Metrics
from studio.training.run_context import RunContext

EPOCHS = 4
BCCD = DATA / "image_object_detection__bccd"
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
YOLO_CODE = """
import sys, time
from ultralytics import YOLO
data, epochs, size, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
YOLO("yolo11n.yaml").train(data=data, epochs=epochs, imgsz=size, batch=8, device="cpu", workers=1, project=out,
    name="run", exist_ok=True, plots=False, verbose=False, seed=1)
"""


def bare_seconds(context: RunContext, backbone: str) -> float:
    """The loop by hand over efficientdet-pytorch's own training module."""
    torch.manual_seed(0)
    image = context.settings.image
    config = get_efficientdet_config(backbone)
    config.num_classes = len(context.recipe.target.labels)
    config.image_size = (image.image_height, image.image_width)
    network = DetBenchTrain(EfficientDet(config, pretrained_backbone=False), config)
    mean, deviation = (torch.tensor(one).view(1, 3, 1, 1) for one in (MEAN, DEVIATION))

    def loss(batch: Any) -> torch.Tensor:
        pixels = ((batch.images.contiguous().float() - mean) / deviation).contiguous()
        boxes = [one[:, [1, 0, 3, 2]] for one in batch.corners]
        total: torch.Tensor = network(pixels, {"bbox": boxes, "cls": [one.float() + 1 for one in batch.classes]})[
            "loss"
        ]
        return total

    return bare(context, loss, network, EPOCHS)


def settings(backbone: str, size: int, share: float) -> dict[str, Any]:
    """Of both sides."""
    return {
        "architecture.backbone": backbone,
        "architecture.pretrained": False,
        "image.image_width": size,
        "image.image_height": size,
        "augmentation.augmentations_strategy": "Soft",
        "training.batch_size": 8,
        "training.epochs": EPOCHS,
        **TRAINING_ONLY,
        "dataset.data_sample": share,
    }


def our_minutes(folder: Path, target: float) -> float | None:
    """Minutes of a run until its validation reached a mAP."""
    begun = time.time()
    if run_worker(folder) != 0:
        raise SystemExit((folder / "worker.log").read_text())
    for event in read_events(folder):
        values = event.points.get("validation.mAP", ()) if isinstance(event, Metrics) else ()
        if any(value >= target for _, value in values):
            return (event.time - begun) / 60
    return None


def yolo_minutes(python: str, root: Path, epochs: int, size: int, target: float) -> float | None:
    """Minutes of an Ultralytics training until its validation reached a mAP."""
    data = yolo_data(root / "yolo")
    subprocess.run([python, "-c", YOLO_CODE, str(data), str(epochs), str(size), str(root)], check=True, cwd=root)
    with (root / "run" / "results.csv").open() as file:
        for row in csv.DictReader(file):
            found = {name.strip(): float(value) for name, value in row.items()}
            if found["metrics/mAP50(B)"] >= target:
                return found["time"] / 60
    return None


def yolo_data(folder: Path) -> Path:
    """The same images and boxes as Ultralytics reads them; gives the file that describes them."""
    names = (BCCD / "yolo" / "classes.txt").read_text().split()
    for split in ("train", "test"):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for label in (BCCD / "yolo" / "labels" / split).glob("*.txt"):
            shutil.copyfile(label, folder / "labels" / split / label.name)
            image = f"{label.stem}.jpg"
            shutil.copyfile(BCCD / "images" / image, folder / "images" / split / image)
    data = folder / "data.yaml"
    data.write_text(f"path: {folder}\ntrain: images/train\nval: images/test\nnames: {names}\n")
    return data


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", default="tf_efficientdet_lite0")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--yolo", help="interpreter of an environment with ultralytics")
    parser.add_argument("--target", type=float, default=0.7)
    parser.add_argument("--epochs", type=int, default=40, help="at most, with --yolo")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        source = Source("image_object_detection", BCCD, BOX_ROLES, "train.parquet", "test.parquet")
        dataset = import_dataset(source, root / "bccd")
        values = settings(chosen.backbone, chosen.size, chosen.share)
        if not chosen.yolo:
            compare(
                chosen.backbone, chosen.rounds, partial(one_round, root, dataset, values, chosen.threads, bare_seconds)
            )
            return
        long = {**suggested(dataset, {}), "image.image_width": chosen.size, "image.image_height": chosen.size}
        long |= {"training.epochs": chosen.epochs, "training.evaluation_epochs": 1.0, "dataset.test_dataframe": None}
        long |= {"dataset.validation_strategy": "custom", "dataset.validation_dataframe": "test.parquet"}
        mine = our_minutes(make_run(root / "ours", dataset, long, threads=chosen.threads), chosen.target)
        theirs = yolo_minutes(chosen.yolo, root, chosen.epochs, chosen.size, chosen.target)
        print(f"minutes to mAP {chosen.target} at 0.5 (None: not reached): ours {mine}, YOLO11n {theirs}")


if __name__ == "__main__":
    main()
