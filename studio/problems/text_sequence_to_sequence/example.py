"""Example data: facts about an animal, told in a sentence. Made at once, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path

from studio.on_demand import np

ANIMALS = ("dog", "cat", "horse", "owl")
COLOURS = ("black", "white", "brown")
PLACES = ("garden", "forest", "barn")
DOES = {"sleep": "sleeps", "run": "runs", "eat": "eats"}
TRAIN_ROWS = 120
TEST_ROWS = 36


def make_example(folder: Path) -> None:
    """Write train.csv and test.csv into a folder."""
    generator = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_ROWS), ("test", TEST_ROWS)):
        rows = [tell(generator) for _ in range(count)]
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text", "summary"), *rows])


def tell(generator: np.random.Generator) -> tuple[str, str]:
    """Facts as a list, and the sentence that tells them."""
    animal, colour, place = (str(generator.choice(words)) for words in (ANIMALS, COLOURS, PLACES))
    does = str(generator.choice(list(DOES)))
    facts = f"animal {animal} , colour {colour} , does {does} , place {place}"
    return facts, f"the {colour} {animal} {DOES[does]} in the {place}"
