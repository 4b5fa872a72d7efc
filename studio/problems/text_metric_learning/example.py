"""Example data: questions of six kinds in many wordings. Made at once, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path

from studio.on_demand import np

KINDS = {
    "opening hours": ("when do you open", "what are your opening hours", "are you open {day}", "until when {day}"),
    "refund": ("i want my money back", "how do i get a refund", "please refund order {number}", "money back please"),
    "delivery": ("where is my parcel", "when will {number} arrive", "track parcel {number}", "my parcel is late"),
    "password": ("i forgot my password", "reset my password {day}", "cannot log in", "my log in fails {day}"),
    "address": ("change my address", "i moved to another street", "new address for {number}", "wrong street name"),
    "invoice": ("send me the invoice", "invoice for order {number}", "i need a bill for {number}", "my bill is wrong"),
}
POLITE = ("", "please ", "hello , ", "hi , ", "sorry , ")
DAYS = ("today", "tomorrow", "on sunday", "on monday")
TRAIN_PER_LABEL = 20
TEST_PER_LABEL = 6


def make_example(folder: Path) -> None:
    """Write train.csv and test.csv into a folder."""
    generator = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_PER_LABEL), ("test", TEST_PER_LABEL)):
        labels = [label for _ in range(count) for label in KINDS]
        rows = [(ask(label, generator), label) for label in labels]
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *rows])


def ask(label: str, generator: np.random.Generator) -> str:
    """A question of this kind in one of its wordings."""
    wording = KINDS[label][generator.integers(len(KINDS[label]))]
    day, number = DAYS[generator.integers(len(DAYS))], int(generator.integers(100, 999))
    return POLITE[generator.integers(len(POLITE))] + wording.format(day=day, number=number)
