"""Example data: requests to an assistant, one of three kinds. Made at once, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path

from studio.on_demand import np

SENTENCES = {
    "weather": (
        "will it {weather} in {place} {day}",
        "what is the forecast for {place} {day}",
        "do i need an umbrella in {place} {day}",
        "how cold does it get in {place} {day}",
    ),
    "music": (
        "play some {style} songs please",
        "turn the volume up a little",
        "skip this song and play {style}",
        "who sings the {style} song on the radio",
    ),
    "travel": (
        "book a train to {place} for {day}",
        "find me a flight to {place} {day}",
        "how long is the drive to {place}",
        "reserve a hotel room in {place} {day}",
    ),
}
WORDS = {
    "weather": ("rain", "snow", "hail", "storm"),
    "place": ("paris", "oslo", "lima", "cairo", "kyoto"),
    "day": ("today", "tomorrow", "on monday", "on friday", "this weekend"),
    "style": ("jazz", "rock", "folk", "soul"),
}
TRAIN_PER_CLASS = 40
TEST_PER_CLASS = 12


def make_example(folder: Path) -> None:
    """Write train.csv and test.csv into a folder."""
    generator = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_PER_CLASS), ("test", TEST_PER_CLASS)):
        labels = [label for _ in range(count) for label in SENTENCES]
        rows = [(write_sentence(label, generator), label) for label in labels]
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *rows])


def write_sentence(label: str, generator: np.random.Generator) -> str:
    """A request of this kind with words drawn at random."""
    template = SENTENCES[label][generator.integers(len(SENTENCES[label]))]
    return template.format(**{name: words[generator.integers(len(words))] for name, words in WORDS.items()})
