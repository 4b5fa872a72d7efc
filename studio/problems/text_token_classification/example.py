"""Example data: sentences about journeys with people, places and days. Made at once, the same on every machine."""

from __future__ import annotations

import json
from pathlib import Path

from studio.on_demand import np

SENTENCES = (
    "{person} flew from {place} to {place} {day}",
    "{day} {person} met {person} in {place}",
    "the train to {place} leaves {day}",
    "{person} wrote a letter to {person}",
    "it rained in {place} {day}",
)
ENTITIES = {
    "{person}": ("PER", ("Anna", "Ben Carter", "Clara", "David", "Emma Lopez", "Felix")),
    "{place}": ("LOC", ("Paris", "New York", "Oslo", "Lima", "Cape Town", "Kyoto")),
    "{day}": ("DAY", ("on Monday", "on Friday", "next Sunday", "yesterday")),
}
TRAIN_ROWS = 120
TEST_ROWS = 36


def make_example(folder: Path) -> None:
    """Write train.jsonl and test.jsonl into a folder."""
    generator = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_ROWS), ("test", TEST_ROWS)):
        rows = (write_sentence(generator) for _ in range(count))
        lines = [json.dumps({"text": words, "label": tags}) + "\n" for words, tags in rows]
        (folder / f"{split}.jsonl").write_text("".join(lines))


def write_sentence(generator: np.random.Generator) -> tuple[list[str], list[str]]:
    """Words, and a tag for each of them."""
    words: list[str] = []
    tags: list[str] = []
    for part in SENTENCES[generator.integers(len(SENTENCES))].split():
        if part not in ENTITIES:
            words.append(part)
            tags.append("O")
            continue
        label, names = ENTITIES[part]
        name = names[generator.integers(len(names))].split()
        words.extend(name)
        tags.extend([f"B-{label}", *[f"I-{label}"] * (len(name) - 1)])
    return words, tags
