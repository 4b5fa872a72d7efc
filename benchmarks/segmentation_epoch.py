"""Seconds an epoch of semantic segmentation against a bare loop over a U-Net of segmentation-models-pytorch.

    python -m benchmarks.segmentation_epoch [--backbone resnet18] [--size 224] [--rounds 3]

Nuclei (`STUDIO_SHARED_DATA`), from the second epoch on, both sides one after the other. The target is 1.3 times as
fast.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp
import torch
from torch import nn

from benchmarks.epoch_time import bare, compare, one_round
from benchmarks.quality import DATA
from benchmarks.segmentation import ROLES
from benchmarks.workspace import TRAINING_ONLY, Source, import_dataset
from studio.training.run_context import RunContext

EPOCHS = 14
"""Enough batches that the worker measures which way of computing is fastest, as it does in any longer run."""
NUCLEI = DATA / "image_semantic_segmentation__nuclei"
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def bare_seconds(context: RunContext, backbone: str) -> float:
    """The loop by hand, with the losses that the default recipe weighs 2 to 1."""
    torch.manual_seed(0)
    network = smp.Unet(backbone, encoder_weights=None, classes=len(context.recipe.target.labels))
    entropy, dice = nn.BCEWithLogitsLoss(), smp.losses.DiceLoss("multilabel")
    mean, deviation = (torch.tensor(one).view(1, 3, 1, 1) for one in (MEAN, DEVIATION))

    def loss(batch: Any) -> torch.Tensor:
        outputs = network((batch.images.contiguous().float() - mean) / deviation)
        truth = batch.targets.contiguous().float()
        total: torch.Tensor = 2 * entropy(outputs, truth) + dice(outputs, truth)
        return total

    return bare(context, loss, network, EPOCHS)


def settings(backbone: str, size: int, share: float) -> dict[str, Any]:
    """Of both sides."""
    return {
        "architecture.backbone": backbone,
        "architecture.architecture": "Unet",
        "architecture.pretrained": False,
        "image.image_width": size,
        "image.image_height": size,
        "augmentation.augmentations_strategy": "Soft",
        "training.batch_size": 8,
        "training.epochs": EPOCHS,
        **TRAINING_ONLY,
        "dataset.data_sample": share,
    }


def main() -> None:
    """Compare as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the training rows")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        source = Source("image_semantic_segmentation", NUCLEI, ROLES, "train.parquet", "test.parquet")
        dataset = import_dataset(source, Path(name) / "datasets" / "nuclei")
        values = settings(arguments.backbone, arguments.size, arguments.share)
        compare(
            f"U-Net over {arguments.backbone}, {arguments.size} px",
            arguments.rounds,
            partial(one_round, Path(name), dataset, values, arguments.threads, bare_seconds),
        )


if __name__ == "__main__":
    main()
