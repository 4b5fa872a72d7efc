"""Segmentation on real data: the suggested recipe against a linear model a pixel on frozen features.

    python -m benchmarks.segmentation [--sets nuclei coco_scenes] [--threads 2]

Needs the packaged EfficientNet-Lite0 weights and the real datasets (`STUDIO_SHARED_DATA`, default ../shared/data).
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import timm
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch.nn import functional

from benchmarks.quality import BACKBONE, DATA, SIZE, suggested, trained
from benchmarks.workspace import Source, import_dataset
from studio.datasets.dataset import Dataset
from studio.datasets.labels.label_part import LabelPart
from studio.modeling.images.backbones import weight_arguments
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.images.reader import read_picture, stack_images
from studio.modeling.images.transforms import inference_transforms
from studio.modeling.recipe import Media
from studio.modeling.segmentation.truth import TrueMasks
from studio.modeling.weights import find_weights

ROLES = {"image_column": "image", "class_name_column": "class_id", "rle_mask_column": "rle_mask"}
GRID = 40
"""Positions of a side that features are brought to."""
PIXELS = 300
"""Of an image that the linear model learns from."""


def features(dataset: Dataset, table: pd.DataFrame) -> Iterator[tuple[torch.Tensor, np.ndarray]]:
    """Frozen features (F, GRID, GRID) of every row, and its masks (K, H, W)."""
    labels = dataset.profile().part(LabelPart).names
    media = Media(dataset.media, dataset.manifest.media_folder)
    body = timm.create_model(BACKBONE, features_only=True, **weight_arguments(find_weights(BACKBONE))).eval()
    normalize, resize = PixelNormalization("Inception", 3), inference_transforms(SIZE, SIZE)
    for row in table.to_dict("records"):
        picture = read_picture(media, str(row["image"]), 3, 0)
        with torch.inference_mode():
            maps = body(normalize(stack_images([resize.image(picture.pixels, None)])))
        found = torch.cat([functional.interpolate(one, size=(GRID, GRID), mode="bilinear") for one in maps], dim=1)
        masks = TrueMasks(tuple(labels.index(name) for name in row["class_id"]), tuple(row["rle_mask"]))
        yield found[0], masks.dense(len(labels), picture.size[1], picture.size[0])


def linear(dataset: Dataset) -> float:
    """Test IoU of a linear model a pixel and class on frozen features."""
    generator = np.random.default_rng(0)
    inputs, truths = [], []
    for found, masks in features(dataset, dataset.table("train.parquet")):
        small = functional.interpolate(torch.from_numpy(masks)[None].float(), size=(GRID, GRID), mode="nearest")[0]
        chosen = generator.choice(GRID * GRID, PIXELS, replace=False)
        inputs.append(found.flatten(1).T.numpy()[chosen])
        truths.append(small.flatten(1).T.numpy()[chosen])
    scaler = StandardScaler().fit(np.concatenate(inputs))
    scaled, truth = scaler.transform(np.concatenate(inputs)), np.concatenate(truths)
    models = [LogisticRegression(C=0.01, max_iter=300).fit(scaled, one) if one.any() else None for one in truth.T]
    common, both, seen = np.zeros(len(models)), np.zeros(len(models)), np.zeros(len(models), dtype=bool)
    for found, masks in features(dataset, dataset.table("test.parquet")):
        pixels = scaler.transform(found.flatten(1).T.numpy())
        for k, (model, true) in enumerate(zip(models, masks > 0, strict=True)):
            chances = np.zeros(GRID * GRID) if model is None else model.predict_proba(pixels)[:, 1]
            grid = torch.from_numpy(chances.reshape(1, 1, GRID, GRID))
            said = functional.interpolate(grid, size=true.shape, mode="bilinear")[0, 0].numpy() >= 0.5
            common[k], both[k] = common[k] + (said & true).sum(), both[k] + (said | true).sum()
            seen[k] |= true.any()
    return float((common[seen] / both[seen]).mean())


def measure(name: str, root: Path, threads: int) -> None:
    """Print what each way reaches on a set."""
    folder = DATA / f"image_semantic_segmentation__{name}"
    source = Source("image_semantic_segmentation", folder, ROLES, "train.parquet", "test.parquet")
    dataset = import_dataset(source, root / "datasets" / name)
    print(f"{name}: frozen features + linear model a pixel, test IoU {linear(dataset):.3f}", flush=True)
    settings = {"training.build_scoring_pipelines": False, **suggested(dataset, {})}
    last, seconds = trained(root / "runs" / name, dataset, settings, threads)
    found = last.metrics["test"]
    print(f"{name}: suggested, test IoU {found['IoU']:.3f}, Dice {found['Dice']:.3f}, {seconds:.0f} s", flush=True)


def main() -> None:
    """Measure the sets that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=["nuclei", "coco_scenes"])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        for name in arguments.sets:
            measure(name, Path(root), arguments.threads)


if __name__ == "__main__":
    main()
