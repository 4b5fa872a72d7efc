"""Quality on real data: the suggested recipe against the original's defaults and against frozen features.

    python -m benchmarks.quality [--sets clothing tshirt_or_longsleeve coco_contents bccd] [--threads 2]

Needs the packaged EfficientNet-Lite0 weights and the real datasets (`STUDIO_SHARED_DATA`, default ../shared/data).
`features` is a logistic regression on frozen features of the same backbone; the suggested recipe must reach it.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks.workspace import Source, import_dataset, make_run, run_worker
from studio.datasets.dataset import Dataset
from studio.machine import usable_cores
from studio.modeling.images.backbones import feature_extractor
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.images.reader import read_picture, stack_images
from studio.modeling.images.transforms import inference_transforms
from studio.modeling.recipe import Media
from studio.modeling.weights import find_weights
from studio.problems.contract import SuggestionContext
from studio.problems.registry import problem_type
from studio.runs.events import Finished, decode

DATA = Path(os.environ.get("STUDIO_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
BACKBONE = "tf_efficientnet_lite0"
SIZE = 160
BOX_ROLES = {
    "image_column": "image",
    "class_name_column": "class_id",
    "x_min_column": "x_min",
    "y_min_column": "y_min",
    "x_max_column": "x_max",
    "y_max_column": "y_max",
}
LABELS = {
    "clothing": ("label",),
    "tshirt_or_longsleeve": ("longsleeve",),
    "coco_contents": ("person", "sky_other", "tree", "wall_other", "building_other", "table", "grass"),
}
DEFAULTS = {
    "architecture.backbone": BACKBONE,
    "image.image_width": SIZE,
    "image.image_height": SIZE,
    "training.build_scoring_pipelines": False,
}
"""The original's defaults, with the one backbone whose weights are here and a size a processor can carry."""
OVERFIT = {
    "dataset.validation_strategy": "custom",
    "dataset.validation_dataframe": "train.parquet",
    "training.batch_size": 8,
    "training.epochs": 100,
    "training.evaluation_epochs": 20.0,
    "training.warmup_epochs": 5.0,
    "training.learning_rate": 3e-3,
    "training.gradient_clip": 10.0,
    "architecture.anchor_scale": 2.0,
    "training.build_scoring_pipelines": False,
}


def classification(name: str) -> Source:
    """A real dataset of image classification."""
    roles = {"image_column": "image", "label_columns": LABELS[name]}
    return Source("image_classification", DATA / f"image_classification__{name}", roles)


def suggested(dataset: Dataset, base: Mapping[str, Any]) -> dict[str, Any]:
    """The changes that the studio suggests for this dataset on this machine."""
    kind = problem_type(dataset.manifest.problem_type)
    train = dataset.manifest.table_of_role("train")
    context = SuggestionContext(
        profile=dataset.profile(),
        train_rows=train.rows if train else 0,
        gpu_count=0,
        cores=usable_cores(),
        packaged_weights=(BACKBONE,),
    )
    settings = kind.model_types[0].settings.from_mapping(base)
    return {change.key: change.value for change in kind.suggest(settings, context)}


def trained(folder: Path, dataset: Dataset, settings: Mapping[str, Any], threads: int) -> tuple[Finished, float]:
    """The last event of a run, and its seconds."""
    make_run(folder, dataset, settings, threads=threads)
    started = time.monotonic()
    code = run_worker(folder)
    seconds = time.monotonic() - started
    last = decode((folder / "events.jsonl").read_bytes().splitlines()[-1])
    if code or not isinstance(last, Finished):
        raise RuntimeError(f"the run failed, see {folder / 'worker.log'}")
    return last, seconds


def features(dataset: Dataset, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Frozen features of a table's images, and its labels."""
    table = dataset.table(name)
    media = Media(dataset.media, dataset.manifest.media_folder)
    extractor = feature_extractor(BACKBONE, 3, "Average", find_weights(BACKBONE), (SIZE, SIZE)).eval()
    normalize, resize = PixelNormalization("Inception", 3), inference_transforms(SIZE, SIZE)
    vectors = []
    with torch.inference_mode():
        for start in range(0, len(table), 32):
            names = table["image"].iloc[start : start + 32]
            images = [resize.image(read_picture(media, str(one), 3, 0).pixels, None) for one in names]
            vectors.append(extractor(normalize(stack_images(images))).numpy())
    return np.concatenate(vectors), table[list(dataset.manifest.roles["label_columns"])].to_numpy()


def linear(dataset: Dataset) -> float:
    """Test accuracy (of exact label sets) of a linear model on frozen features."""
    train, truth = features(dataset, "train.csv")
    test, wanted = features(dataset, "test.csv")
    scaler = StandardScaler().fit(train)
    right = np.ones(len(test), dtype=bool)
    for column in range(truth.shape[1]):
        model = LogisticRegression(C=0.01, max_iter=2000).fit(scaler.transform(train), truth[:, column])
        right &= model.predict(scaler.transform(test)) == wanted[:, column]
    return float(right.mean())


def first_rows(folder: Path, count: int) -> Source:
    """The first images of the blood cells, as a dataset of their own."""
    source = DATA / "image_object_detection__bccd"
    table = pd.read_parquet(source / "train.parquet").head(count)
    (folder / "images").mkdir(parents=True)
    for name in table["image"]:
        shutil.copy(source / "images" / name, folder / "images" / name)
    table.to_parquet(folder / "train.parquet", index=False)
    return Source("image_object_detection", folder, BOX_ROLES, "train.parquet", None)


def measure_classification(name: str, root: Path, threads: int) -> None:
    """Print what each way reaches on a set."""
    dataset = import_dataset(classification(name), root / "datasets" / name)
    frozen = linear(dataset)
    print(f"{name}: features + linear model, test accuracy {frozen:.3f}", flush=True)
    ways = {"defaults": DEFAULTS, "suggested": {**DEFAULTS, **suggested(dataset, DEFAULTS)}}
    for way, settings in ways.items():
        last, seconds = trained(root / f"{name}-{way}", dataset, settings, threads)
        test = last.metrics["test"]
        print(
            f"{name}: {way}, test accuracy {test['Accuracy']:.3f}, ROC AUC {test['ROC_AUC']:.3f}, "
            f"log loss {test['LogLoss']:.3f}, {seconds:.0f} s, {test['Accuracy'] / frozen:.2f} of the linear model",
            flush=True,
        )


def measure_overfitting(root: Path, threads: int) -> None:
    """Print how well EfficientDet learns 16 images by heart."""
    dataset = import_dataset(first_rows(root / "bccd16", 16), root / "datasets" / "bccd16")
    settings = {**suggested(dataset, {}), **OVERFIT}
    last, seconds = trained(root / "bccd16-run", dataset, settings, threads)
    found = last.metrics["validation"]
    print(f"bccd, 16 images: mAP {found['mAP']:.3f}, COCO mAP {found['COCO_mAP']:.3f}, {seconds:.0f} s; target 0.9")


def main() -> None:
    """Measure the chosen sets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", nargs="+", default=[*LABELS, "bccd"])
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory() as root:
        for name in chosen.sets:
            if name == "bccd":
                measure_overfitting(Path(root), chosen.threads)
            else:
                measure_classification(name, Path(root), chosen.threads)


if __name__ == "__main__":
    main()
