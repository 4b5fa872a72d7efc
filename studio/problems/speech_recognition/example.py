"""Example data: short melodies, and the names of their notes. Made in a second, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.media.riff import write_wav
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
NOTES = {"do": 392.0, "re": 523.0, "mi": 698.0, "fa": 932.0, "sol": 1245.0, "la": 1661.0}
"""Pitches in hertz, a fourth apart."""
INSTRUMENTS = {"flute": (1.0, 0.1), "organ": (1.0, 0.6, 0.4)}
"""Strengths of the overtones."""
TRAIN_ROWS = 64
TEST_ROWS = 16


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and audios/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "audios").mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_ROWS), ("test", TEST_ROWS)):
        rows = []
        for number in range(count):
            notes = [str(note) for note in generator.choice(list(NOTES), size=int(generator.integers(2, 5)))]
            instrument = str(generator.choice(list(INSTRUMENTS)))
            name = f"{split}_{number:02}.wav"
            write_wav(folder / "audios" / name, melody(notes, instrument, generator), RATE)
            rows.append((name, " ".join(notes), instrument))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("audio", "transcript", "instrument"), *rows])


def melody(notes: list[str], instrument: str, generator: np.random.Generator) -> NDArray[np.float64]:
    """Notes of about a fifth of a second with short rests, on faint noise."""
    parts = []
    for note in notes:
        times = np.arange(int(RATE * generator.uniform(0.15, 0.22))) / RATE
        overtones = enumerate(INSTRUMENTS[instrument], start=1)
        sound = sum(strength * np.sin(2 * np.pi * NOTES[note] * over * times) for over, strength in overtones)
        parts += [0.4 * sound * np.hanning(len(times)) ** 0.5, np.zeros(int(RATE * generator.uniform(0.04, 0.08)))]
    whole = np.concatenate(parts)
    return whole + generator.normal(0, 0.005, len(whole))
