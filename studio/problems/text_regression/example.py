"""Example data: short reviews whose words decide the stars. Made at once, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path

from studio.on_demand import np

ADJECTIVES = {"awful": 1.0, "poor": 2.0, "plain": 3.0, "good": 4.0, "superb": 5.0}
THINGS = ("food", "service", "room", "music", "view")
PLACES = ("hotel", "cafe", "bar", "inn")
TRAIN_ROWS = 120
TEST_ROWS = 36


def make_example(folder: Path) -> None:
    """Write train.csv and test.csv into a folder."""
    generator = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_ROWS), ("test", TEST_ROWS)):
        rows = [write_review(generator) for _ in range(count)]
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text", "stars"), *rows])


def write_review(generator: np.random.Generator) -> tuple[str, float]:
    """A review, and the mean of what its two adjectives are worth."""
    first, second = generator.choice(list(ADJECTIVES), 2)
    one, other = generator.choice(THINGS, 2, replace=False)
    place = generator.choice(PLACES)
    text = f"the {one} in this {place} was {first} and the {other} was {second}"
    return text, (ADJECTIVES[first] + ADJECTIVES[second]) / 2
