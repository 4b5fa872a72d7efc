"""Example data: a bright ball in a noisy volume, and its size. Made in a second, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 24
SMALLEST, LARGEST = 3.0, 11.0
TRAIN_ROWS = 96
TEST_ROWS = 30


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and images/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_ROWS), ("test", TEST_ROWS)):
        rows = []
        for number in range(count):
            radius = float(generator.uniform(SMALLEST, LARGEST))
            volume, voxels = make_ball(radius, generator)
            name = f"{split}_{number:03}.npy"
            np.save(folder / "images" / name, volume, allow_pickle=False)
            rows.append((name, round(voxels / 1000, 3)))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("image", "volume"), *rows])


def make_ball(radius: float, generator: np.random.Generator) -> tuple[NDArray[np.uint8], int]:
    """A ball of any brightness anywhere inside, and of how many voxels it is."""
    volume = generator.integers(0, 60, (SIDE, SIDE, SIDE), dtype=np.uint8)
    centre = generator.uniform(radius, SIDE - radius, 3)
    offsets = np.indices(volume.shape) - centre[:, None, None, None]
    inside = (offsets**2).sum(0) <= radius**2
    volume[inside] = int(generator.integers(130, 256))
    return volume, int(inside.sum())
