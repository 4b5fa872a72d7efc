"""Seconds an epoch of 3D semantic segmentation against a bare loop over the same 3D U-Net.

    python -m benchmarks.volume_segmentation [--encoder resnet10t] [--rounds 3] [--share 1.0]

Brain tumours (`STUDIO_SHARED_DATA`), from the second epoch on, both sides one after the other. The target is that the
studio costs nothing.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.epoch_time import bare, compare, one_round
from benchmarks.quality import DATA
from benchmarks.segmentation import ROLES
from benchmarks.workspace import TRAINING_ONLY, Source, import_dataset
from studio.training.run_context import RunContext

EPOCHS = 3
TUMOURS = DATA / "image_3d_semantic_segmentation__brain_tumor"


def bare_seconds(context: RunContext, encoder: str) -> float:
    """The loop by hand over the same network and loss: what is around them is compared."""
    torch.manual_seed(0)
    model = context.recipe.model(None)
    return bare(context, lambda batch: context.recipe.loss(model, batch), model, EPOCHS)


def settings(encoder: str, share: float) -> dict[str, Any]:
    """Of both sides."""
    return {
        "architecture.encoder": encoder,
        "architecture.number_of_blocks": 3,
        "architecture.pretrained": False,
        "image.image_depth": 16,
        "image.image_height": 48,
        "image.image_width": 48,
        "training.batch_size": 4,
        "training.epochs": EPOCHS,
        **TRAINING_ONLY,
        "dataset.data_sample": share,
    }


def main() -> None:
    """Compare as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="resnet10t")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the training rows")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        source = Source("image_3d_semantic_segmentation", TUMOURS, ROLES, "train.parquet", "test.parquet")
        dataset = import_dataset(source, Path(name) / "datasets" / "tumours")
        values = settings(arguments.encoder, arguments.share)
        measured = partial(one_round, Path(name), dataset, values, arguments.threads, bare_seconds)
        compare(f"3D U-Net over {arguments.encoder}", arguments.rounds, measured, target=1.0)


if __name__ == "__main__":
    main()
