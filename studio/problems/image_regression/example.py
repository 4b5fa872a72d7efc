"""Example data: a bright disc on noise, and its diameter. Made in a second, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageDraw

from studio.on_demand import np

SIZE = 96
SMALLEST, LARGEST = 10.0, 80.0
TRAIN_ROWS = 120
TEST_ROWS = 36


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and images/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_ROWS), ("test", TEST_ROWS)):
        rows = []
        for number in range(count):
            diameter = round(float(generator.uniform(SMALLEST, LARGEST)), 1)
            name = f"{split}_{number:03}.png"
            draw_disc(diameter, generator).save(folder / "images" / name)
            rows.append((name, diameter))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("image", "diameter"), *rows])


def draw_disc(diameter: float, generator: np.random.Generator) -> Image.Image:
    """A disc of this diameter in pixels, anywhere inside the image, in any bright colour, on random noise."""
    image = Image.fromarray(generator.integers(0, 70, (SIZE, SIZE, 3), dtype=np.uint8))
    x, y = generator.uniform(diameter / 2, SIZE - diameter / 2, 2)
    colour = tuple(int(value) for value in generator.integers(110, 256, 3))
    half = diameter / 2
    ImageDraw.Draw(image).ellipse((x - half, y - half, x + half, y + half), fill=colour)
    return image
