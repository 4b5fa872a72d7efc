"""Seconds an epoch of image classification against a bare timm loop: same network, pictures, batches and threads.

    python -m benchmarks.classification [--backbones resnet18 tf_efficientnet_lite0] [--size 160] [--rounds 3]

Real photos of clothing (`STUDIO_SHARED_DATA`). Counted from the second epoch on, when our cache is filled; the bare
loop decodes as it always does. Both read with the same reader and transforms in as many data workers.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import timm
import torch
from torch.nn.functional import cross_entropy

from benchmarks.epoch_time import bare, compare, one_round
from benchmarks.quality import DATA
from benchmarks.workspace import TRAINING_ONLY, Source, import_dataset
from studio.datasets.dataset import Dataset
from studio.training.run_context import RunContext

EPOCHS = 4
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def bare_seconds(context: RunContext, backbone: str) -> float:
    """The loop by hand over timm's network with its own classifier."""
    torch.manual_seed(0)
    network = timm.create_model(backbone, num_classes=len(context.recipe.target.labels))
    mean, deviation = (torch.tensor(one).view(1, 3, 1, 1) for one in (MEAN, DEVIATION))

    def loss(batch: Any) -> torch.Tensor:
        pixels = ((batch.images.contiguous().float() - mean) / deviation).contiguous()
        return cross_entropy(network(pixels), batch.targets.argmax(1))

    return bare(context, loss, network, EPOCHS)


def settings(backbone: str, size: int, share: float) -> dict[str, Any]:
    """Of both sides."""
    return {
        "architecture.backbone": backbone,
        "architecture.pretrained": False,
        "image.image_width": size,
        "image.image_height": size,
        "augmentation.augmentations_strategy": "Soft",
        "training.batch_size": 16,
        "training.epochs": EPOCHS,
        **TRAINING_ONLY,
        "dataset.data_sample": share,
    }


def main() -> None:
    """Print both sides of every backbone, and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbones", nargs="+", default=["resnet18", "tf_efficientnet_lite0"])
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        roles = {"image_column": "image", "label_columns": ("label",)}
        source = Source("image_classification", DATA / "image_classification__clothing", roles)
        dataset: Dataset = import_dataset(source, root / "clothing")
        for backbone in chosen.backbones:
            values = settings(backbone, chosen.size, chosen.share)
            measured = partial(one_round, root, dataset, values, chosen.threads, bare_seconds)
            compare(backbone, chosen.rounds, measured)


if __name__ == "__main__":
    main()
