"""Peak memory of a validation of semantic segmentation: what the problem type keeps, and probabilities kept as floats.

    python -m benchmarks.memory [--rows 200 2000]

The real recipe on images of 512 x 512 pixels with 5 classes, each number in a process of its own. What is kept as
floats is measured with at most 100 rows and scaled: more would not fit. Memory must not grow with the rows: the target
is 300 MB at 2,000 rows, and at most 1.3 times what 200 rows take.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import nn

from benchmarks.segmentation import ROLES
from benchmarks.workspace import TRAINING_ONLY, Source, import_dataset, make_run
from studio.datasets.masks.run_lengths import encode, to_text
from studio.modeling.loading import BatchLoader, ScoringOrder
from studio.modeling.scoring import evaluate_table
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import SilentReporter
from studio.training.run_context import RunContext, make_context

SIDE, CLASSES, BATCH = 512, 5, 8
DRAWN = 16
"""Different images; every row's file is one of them under a name of its own."""
MOST_KEPT_ROWS = 100
SETTINGS = {
    "architecture.architecture": "Unet",
    "architecture.backbone": "mobilenetv3_small_050",
    "architecture.pretrained": False,
    "image.image_width": SIDE,
    "image.image_height": SIDE,
    "training.batch_size": BATCH,
    **TRAINING_ONLY,
    "dataset.test_dataframe": "test.parquet",
}


def make_source(folder: Path, rows: int) -> None:
    """Images of noise with a rectangle of each class, and tables of 40 rows for training and `rows` for the test."""
    generator = np.random.default_rng(0)
    (folder / "images").mkdir()
    (folder / "drawn").mkdir()
    texts = []
    for number in range(DRAWN):
        pixels, masks = generator.integers(0, 60, (SIDE, SIDE, 3), dtype=np.uint8), []
        for shade in range(CLASSES):
            mask = np.zeros((SIDE, SIDE), dtype=bool)
            top, left = generator.integers(0, SIDE - 160, 2)
            mask[top : top + 160, left : left + 120] = True
            pixels[mask] += np.uint8(30 * shade)
            masks.append(to_text(encode(mask)))
        Image.fromarray(pixels).save(folder / "drawn" / f"{number}.png")
        texts.append(masks)
    for split, count in (("train", 40), ("test", rows)):
        table = []
        for row in range(count):
            (folder / "images" / f"{split}_{row}.png").hardlink_to(folder / "drawn" / f"{row % DRAWN}.png")
            table.append((f"{split}_{row}.png", [f"class {one}" for one in range(CLASSES)], texts[row % DRAWN]))
        pd.DataFrame(table, columns=list(ROLES.values())).to_parquet(folder / f"{split}.parquet")


def make(root: Path, rows: int) -> RunContext:
    """A run of the recipe on such images."""
    (root / "source").mkdir()
    make_source(root / "source", rows)
    source = Source("image_semantic_segmentation", root / "source", ROLES, "train.parquet", "test.parquet")
    folder = RunFolder(make_run(root / "run", import_dataset(source, root / "dataset"), SETTINGS, threads=2))
    return make_context(folder, RunSpec.read(folder.path), 1, SilentReporter(), StopSignal(folder))


def score(context: RunContext, model: nn.Module, table: pd.DataFrame, *, keeps_floats: bool) -> None:
    """Metrics of a table: as validation makes them, or from all probabilities at the end, as a plain loop would."""
    if not keeps_floats:
        arguments: dict[str, Any] = {"device": context.device, "precision": "float32", "batch_size": BATCH}
        evaluate_table(context.recipe, model, table, context.media, **arguments)
        return
    samples, kept = context.recipe.samples(table, context.media, training=False), []
    order = ScoringOrder(len(table), BATCH, samples.lengths())
    loader: BatchLoader[Any] = BatchLoader(context.recipe, samples, order, 0, context.device)
    with torch.inference_mode():
        for batch in loader:
            kept.append((model(batch.images).sigmoid(), batch.targets.clone()))
    print(len(kept), "batches kept", file=sys.stderr)


def peak_mb(context: RunContext, *, keeps_floats: bool) -> float:
    """What scoring the test table adds to the memory of this process, at its highest, in MB."""
    torch.manual_seed(0)
    model, table = context.recipe.model(None).eval(), context.dataset.table("test.parquet")
    score(context, model, table.head(2 * BATCH), keeps_floats=keeps_floats)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    score(context, model, table, keeps_floats=keeps_floats)
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def measured(rows: int, *, keeps_floats: bool) -> float:
    """`peak_mb` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory", "--one", str(rows), *(["--floats"] if keeps_floats else [])]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs=2, default=(200, 2000))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--floats", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one is not None:
        with tempfile.TemporaryDirectory() as name:
            print(peak_mb(make(Path(name), chosen.one), keeps_floats=chosen.floats))
        return
    few, many = chosen.rows
    compact = {rows: measured(rows, keeps_floats=False) for rows in (few, many)}
    kept = min(few, MOST_KEPT_ROWS)
    floats = measured(kept, keeps_floats=True) / kept
    for rows in (few, many):
        print(f"{rows:6,} rows: {compact[rows]:8,.0f} MB as validation keeps them, {floats * rows:10,.0f} MB as floats")
    print(f"{many:,} rows take {compact[many] / max(compact[few], 1.0):.2f} times the memory of {few:,} rows")


if __name__ == "__main__":
    main()
