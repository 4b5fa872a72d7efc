"""Example data: questions about who did what, where and when. Made at once, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path

from studio.on_demand import np

CONTEXT = "In {year} {person} {verb} {thing} in {place} ."
QUESTIONS = {
    "year": "When was it {verb} ?",
    "person": "Who {verb} it ?",
    "thing": "What was {verb} ?",
    "place": "Where was it {verb} ?",
}
WORDS = {
    "year": ("1903", "1921", "1948", "1967", "1985", "1999"),
    "person": ("Anna Berg", "Ben Carter", "Clara Diaz", "David Evans"),
    "verb": ("found", "built", "bought", "painted"),
    "thing": ("a bridge", "a boat", "a tower", "a church"),
    "place": ("Paris", "Oslo", "Lima", "Cairo", "Kyoto"),
}
TRAIN_ROWS = 120
TEST_ROWS = 36


def make_example(folder: Path) -> None:
    """Write train.csv and test.csv into a folder."""
    generator = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_ROWS), ("test", TEST_ROWS)):
        rows = [ask(list(QUESTIONS)[number % len(QUESTIONS)], generator) for number in range(count)]
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("question", "context", "answer", "answer_start"), *rows])


def ask(about: str, generator: np.random.Generator) -> tuple[str, str, str, int]:
    """A question about one part of a sentence, the sentence, the part, and where it starts."""
    chosen = {name: words[generator.integers(len(words))] for name, words in WORDS.items()}
    context = CONTEXT.format(**chosen)
    return QUESTIONS[about].format(**chosen), context, chosen[about], context.index(chosen[about])
