"""Example data: coloured shapes with remarks. The picture tells the shape, the remark what becomes of it."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageDraw

from studio.on_demand import np

SHAPES = ("circle", "square")
REMARKS = {
    "keep": ("i like this {word} one and keep it", "a {word} find that stays", "please keep this {word} piece"),
    "return": ("i send this {word} one back", "a {word} piece that goes back", "please take this {word} one back"),
}
WORDS = ("small", "bright", "plain", "new", "odd")
SIZE = 64
TRAIN_PER_CLASS = 30
TEST_PER_CLASS = 10


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and images/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    classes = [(remark, shape) for remark in REMARKS for shape in SHAPES]
    for split, count in (("train", TRAIN_PER_CLASS), ("test", TEST_PER_CLASS)):
        rows = []
        for number, (remark, shape) in enumerate(classes * count):
            name = f"{split}_{number:03}.png"
            draw_shape(shape, generator).save(folder / "images" / name)
            rows.append((name, write_remark(remark, generator), f"{remark} {shape}"))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("image", "text", "label"), *rows])


def draw_shape(shape: str, generator: np.random.Generator) -> Image.Image:
    """One shape of random place, size and colour on random noise."""
    image = Image.fromarray(generator.integers(0, 70, (SIZE, SIZE, 3), dtype=np.uint8))
    radius = int(generator.integers(10, 22))
    x, y = (int(value) for value in generator.integers(radius + 2, SIZE - radius - 2, 2))
    colour = tuple(int(value) for value in generator.integers(110, 256, 3))
    draw = ImageDraw.Draw(image)
    outline = draw.ellipse if shape == "circle" else draw.rectangle
    outline((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image


def write_remark(kind: str, generator: np.random.Generator) -> str:
    """A remark of this kind with a word drawn at random, which says nothing."""
    sentence = REMARKS[kind][generator.integers(len(REMARKS[kind]))]
    return sentence.format(word=WORDS[generator.integers(len(WORDS))])
