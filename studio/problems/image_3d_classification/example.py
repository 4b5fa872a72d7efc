"""Example data: a bright shape in a noisy volume, one of three. Made in a second, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = ("sphere", "cube", "rod")
SIDE = 24
TRAIN_PER_CLASS = 32
TEST_PER_CLASS = 10


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and images/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_PER_CLASS), ("test", TEST_PER_CLASS)):
        rows = []
        for number in range(count * len(CLASSES)):
            label = CLASSES[number % len(CLASSES)]
            name = f"{split}_{number:03}.npy"
            np.save(folder / "images" / name, make_shape(label, generator), allow_pickle=False)
            rows.append((name, label))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("image", "label"), *rows])


def make_shape(label: str, generator: np.random.Generator) -> NDArray[np.uint8]:
    """A shape of random place, size and brightness; a rod lies along any axis and goes through the whole volume."""
    volume = generator.integers(0, 60, (SIDE, SIDE, SIDE), dtype=np.uint8)
    radius = float(generator.uniform(4, 7))
    centre = generator.uniform(radius, SIDE - radius, 3)
    distance = np.abs(np.indices(volume.shape) - centre[:, None, None, None])
    if label == "sphere":
        inside = (distance**2).sum(0) <= radius**2
    elif label == "cube":
        inside = distance.max(0) <= radius * 0.8
    else:
        inside = (np.delete(distance, int(generator.integers(3)), axis=0) ** 2).sum(0) <= (radius / 2) ** 2
    volume[inside] = int(generator.integers(130, 256))
    return volume
