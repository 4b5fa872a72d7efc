"""Example data: coloured shapes on noise, one of three classes. Made in a second, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageDraw

from studio.on_demand import np

CLASSES = ("circle", "square", "triangle")
SIZE = 96
TRAIN_PER_CLASS = 40
TEST_PER_CLASS = 12


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and images/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_PER_CLASS), ("test", TEST_PER_CLASS)):
        rows = []
        for number in range(count * len(CLASSES)):
            label = CLASSES[number % len(CLASSES)]
            name = f"{split}_{number:03}.png"
            draw_shape(label, generator).save(folder / "images" / name)
            rows.append((name, label))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("image", "label"), *rows])


def draw_shape(label: str, generator: np.random.Generator) -> Image.Image:
    """One shape of random place, size and colour on random noise."""
    noise = generator.integers(0, 70, (SIZE, SIZE, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    draw = ImageDraw.Draw(image)
    radius = int(generator.integers(16, 34))
    x, y = (int(value) for value in generator.integers(radius + 2, SIZE - radius - 2, 2))
    colour = tuple(int(value) for value in generator.integers(110, 256, 3))
    if label == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    elif label == "square":
        draw.rectangle((x - radius, y - radius, x + radius, y + radius), fill=colour)
    else:
        draw.polygon([(x, y - radius), (x - radius, y + radius), (x + radius, y + radius)], fill=colour)
    return image
