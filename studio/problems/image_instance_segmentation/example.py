"""Example data: discs and squares that touch each other, with a mask each. Made in a second, the same everywhere."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from studio.datasets.masks.run_lengths import encode, to_text
from studio.on_demand import np, pd

CLASSES = ("disc", "square")
WIDTH, HEIGHT = 112, 96
SIDE = 26
COUNTS = {"train": 40, "test": 12}


def make_example(folder: Path) -> None:
    """Write train.parquet, test.parquet and images/ into a folder."""
    generator = np.random.default_rng(19)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split, count in COUNTS.items():
        rows = []
        for number in range(count):
            name = f"{split}_{number:03}.png"
            image, objects = _drawn(generator)
            image.save(folder / "images" / name)
            labels, texts = [label for label, _ in objects], [to_text(encode(mask)) for _, mask in objects]
            rows.append({"image": name, "class_id": labels, "rle_mask": texts})
        pd.DataFrame(rows).to_parquet(folder / f"{split}.parquet", index=False)


def _drawn(generator: np.random.Generator) -> tuple[Image.Image, list[tuple[str, np.ndarray]]]:
    """An image, and the class and mask of each of its objects, which stand side by side in pairs."""
    pixels = generator.integers(0, 60, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    objects = []
    for pair in range(2):
        label = CLASSES[int(generator.integers(len(CLASSES)))]
        x, y = int(generator.integers(WIDTH - 2 * SIDE)), int(generator.integers(8)) + pair * HEIGHT // 2
        for one in range(int(generator.integers(1, 3))):
            mask = Image.new("1", (WIDTH, HEIGHT))
            box = (x + one * SIDE, y, x + (one + 1) * SIDE - 1, y + SIDE)
            draw = ImageDraw.Draw(mask)
            (draw.ellipse if label == "disc" else draw.rectangle)(box, fill=1)
            is_object = np.asarray(mask)
            pixels[is_object, 0 if label == "disc" else 2] = 170 + 60 * one
            objects.append((label, is_object))
    return Image.fromarray(pixels), objects
