"""Example data: signs of an invented script, each written many times. Made in a second, the same on every machine."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 64
SIGNS = 12
STROKES = 5
TRAIN_PER_SIGN = 12
TEST_PER_SIGN = 5
WOBBLE = 2.5
"""Standard deviation, in pixels, of a point of a stroke."""


def make_example(folder: Path) -> None:
    """Write train.csv, test.csv and images/ into a folder."""
    generator = np.random.default_rng(7)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    signs = generator.uniform(10, SIZE - 10, (SIGNS, STROKES + 1, 2))
    for split, count in (("train", TRAIN_PER_SIGN), ("test", TEST_PER_SIGN)):
        rows = []
        for number in range(count * SIGNS):
            sign = number % SIGNS
            name = f"{split}_{number:03}.png"
            write_sign(signs[sign], generator).save(folder / "images" / name)
            rows.append((name, f"sign {sign + 1}"))
        with (folder / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("image", "label"), *rows])


def write_sign(points: NDArray[np.float64], generator: np.random.Generator) -> Image.Image:
    """The strokes of a sign, each time a little different, dark on light noise."""
    image = Image.fromarray(generator.integers(190, 256, (SIZE, SIZE, 3), dtype=np.uint8))
    written = points + generator.normal(0, WOBBLE, points.shape) + generator.normal(0, 2 * WOBBLE, (1, 2))
    ink = tuple(int(value) for value in generator.integers(0, 90, 3))
    ImageDraw.Draw(image).line([(float(x), float(y)) for x, y in written], fill=ink, width=4)
    return image
