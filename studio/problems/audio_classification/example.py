"""Example data: short sounds, one of three kinds. Made in a second, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.media.riff import write_wav
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = ("tone", "chirp", "noise")
RATE = 8000
TRAIN_PER_CLASS = 32
TEST_PER_CLASS = 10


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and audios/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "audios").mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_PER_CLASS), ("test", TEST_PER_CLASS)):
        rows = []
        for number in range(count * len(CLASSES)):
            label = CLASSES[number % len(CLASSES)]
            name = f"{split}_{number:03}.wav"
            write_wav(folder / "audios" / name, make_sound(label, generator), RATE)
            rows.append((name, label))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("audio", "label"), *rows])


def make_sound(label: str, generator: np.random.Generator) -> NDArray[np.float64]:
    """A sound of half a second to one second, of random pitch and loudness, on faint noise."""
    times = np.arange(int(RATE * generator.uniform(0.5, 1.0))) / RATE
    pitch = generator.uniform(300, 1500)
    if label == "tone":
        sound = np.sin(2 * np.pi * pitch * times)
    elif label == "chirp":
        sound = np.sin(2 * np.pi * pitch * (times + times**2))
    else:
        sound = generator.uniform(-1, 1, len(times))
    return sound * generator.uniform(0.3, 0.9) + generator.normal(0, 0.01, len(times))
