"""Peak memory of a validation with dense outputs: counts and run lengths against probabilities that are kept.

`python -m benchmarks.memory [--rows 200 2000]`: 512 x 512 pixels and 5 classes, each number in a process of its own.
What is kept as floats is measured with at most 100 rows and scaled: more would not fit.
"""

import argparse
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from studio.datasets.masks.run_lengths import encode
from studio.modeling.dense.levels import at_threshold, level_counts, level_of_threshold, levels_of
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import Accumulator, Batch, Media, SampleIndex, Samples, Scored
from studio.modeling.scoring import evaluate_table, score_table

SIDE, CLASSES, BATCH, THRESHOLD = 512, 5, 8, 0.5
MOST_KEPT_ROWS = 100


class Pictures(Samples):
    """Images of noise with a square of each class, made on demand."""

    def __getitem__(self, draw: SampleIndex) -> tuple[int, Tensor]:
        return draw.row, torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(draw.row))


@dataclass
class PictureBatch(Batch):
    """Images (B, 3, H, W)."""

    images: Tensor


class Counted(Accumulator):
    """The mean IoU of all classes over the whole table."""

    def __init__(self) -> None:
        self.counts = np.zeros((CLASSES, 2, 256), dtype=np.int64)

    def add(self, rows: Sequence[int], raw: Sequence[Raw]) -> None:
        for one in raw:
            self.counts += one["counts"]

    def metrics(self) -> dict[str, float]:
        return {"IoU": float(at_threshold(self.counts, THRESHOLD).iou.mean())}


class DenseRecipe:
    """As much of a recipe of segmentation as a validation asks for."""

    def __init__(self, *, keeps_floats: bool) -> None:
        self.keeps_floats = keeps_floats

    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        return Pictures(len(table))

    def collate(self, items: Sequence[Any]) -> Any:
        return PictureBatch([row for row, _ in items], torch.stack([image for _, image in items]))

    def accumulator(self, table: pd.DataFrame) -> Accumulator | None:
        return None if self.keeps_floats else Counted()

    def score(self, model: nn.Module, batch: Any) -> Scored:
        probabilities = model(batch.images).sigmoid()
        truth = torch.zeros(probabilities.shape, dtype=torch.bool)
        truth[:, :, 100:300, 50:250] = True
        losses = np.zeros(len(batch.rows), dtype=np.float32)
        if self.keeps_floats:
            kept = zip(probabilities.numpy(), truth.numpy(), strict=True)
            return Scored([{"probabilities": one.copy(), "truth": true.copy()} for one, true in kept], losses)
        levels = levels_of(probabilities)
        counts = level_counts(levels, truth).numpy()
        masks = (levels.short() >= level_of_threshold(THRESHOLD)).numpy()
        runs = [[encode(mask) for mask in one] for one in masks]
        return Scored(
            [{"counts": one, "runs": np.array(len(run))} for one, run in zip(counts, runs, strict=True)], losses
        )

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        return {"IoU": float(np.mean([raw["probabilities"].mean() for raw in scored.raw]))}


def peak_mb(rows: int, keeps_floats: bool) -> float:
    """What a validation adds to the memory of this process, at its highest, in MB."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 7, padding=3), nn.ReLU(), nn.Conv2d(8, CLASSES, 1)).eval()
    recipe: Any = DenseRecipe(keeps_floats=keeps_floats)
    arguments: dict[str, Any] = {"device": torch.device("cpu"), "precision": "float32", "batch_size": BATCH}
    warm = pd.DataFrame({"row": range(2 * BATCH)})
    evaluate = score_table if keeps_floats else evaluate_table
    evaluate(recipe, model, warm, Media(Path()), **arguments)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    evaluate(recipe, model, pd.DataFrame({"row": range(rows)}), Media(Path()), **arguments)
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def measured(rows: int, *, keeps_floats: bool) -> float:
    """`peak_mb` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory", "--one", str(rows), *(["--floats"] if keeps_floats else [])]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs=2, default=(200, 2000))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--floats", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one is not None:
        print(peak_mb(chosen.one, chosen.floats))
        return
    few, many = chosen.rows
    compact = {rows: measured(rows, keeps_floats=False) for rows in (few, many)}
    kept = min(few, MOST_KEPT_ROWS)
    floats = measured(kept, keeps_floats=True) / kept
    for rows in (few, many):
        print(f"{rows:6,} rows: {compact[rows]:8,.0f} MB with counts, {floats * rows:10,.0f} MB with probabilities")
    print(f"{many:,} rows take {compact[many] / max(compact[few], 1.0):.2f} times the memory of {few:,} rows")


if __name__ == "__main__":
    main()
