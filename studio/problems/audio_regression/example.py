"""Example data: tones with overtones and their pitch in semitones. Made in a second, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.media.riff import write_wav
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
COUNTS = {"train": 96, "test": 30}
LOWEST_HERTZ = 110.0


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and audios/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "audios").mkdir(parents=True, exist_ok=True)
    for split, count in COUNTS.items():
        rows = []
        for number in range(count):
            semitones = round(float(generator.uniform(0, 36)), 2)
            name = f"{split}_{number:03}.wav"
            write_wav(folder / "audios" / name, _tone(semitones, generator), RATE)
            rows.append((name, semitones))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("audio", "semitones"), *rows])


def _tone(semitones: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """A tone of 0.6 to 1 second that dies away, with overtones that differ from tone to tone."""
    times = np.arange(int(RATE * generator.uniform(0.6, 1.0))) / RATE
    pitch = LOWEST_HERTZ * 2 ** (semitones / 12)
    parts = [generator.uniform(0.2, 1) / number * np.sin(2 * np.pi * pitch * number * times) for number in (1, 2, 3)]
    sound: NDArray[np.float64] = np.sum(parts, axis=0) * np.exp(-2 * times) * generator.uniform(0.2, 0.4)
    return sound + generator.normal(0, 0.005, len(times))
