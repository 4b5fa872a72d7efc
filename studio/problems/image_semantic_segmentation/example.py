"""Example data: discs and squares on noise, with their masks; some overlap. Made in a second, the same everywhere."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from studio.datasets.masks.run_lengths import encode, to_text
from studio.on_demand import np, pd

CLASSES = ("disc", "square")
WIDTH, HEIGHT = 112, 96
COUNTS = {"train": 40, "test": 12}


def make_example(folder: Path) -> None:
    """Write train.parquet, test.parquet and images/ into a folder."""
    generator = np.random.default_rng(17)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split, count in COUNTS.items():
        rows = []
        for number in range(count):
            name = f"{split}_{number:03}.png"
            image, masks = _drawn(generator)
            image.save(folder / "images" / name)
            texts = {label: to_text(encode(np.asarray(mask) > 0)) for label, mask in masks.items()}
            rows.append({"image": name, "class_id": list(texts), "rle_mask": list(texts.values())})
        pd.DataFrame(rows).to_parquet(folder / f"{split}.parquet", index=False)


def _drawn(generator: np.random.Generator) -> tuple[Image.Image, dict[str, Image.Image]]:
    """An image, and the mask of each class that is in it."""
    pixels = generator.integers(0, 60, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    masks: dict[str, Image.Image] = {}
    for label, channel in zip(CLASSES, (0, 2), strict=True):
        if generator.random() < 0.25:
            continue
        mask = Image.new("L", (WIDTH, HEIGHT))
        side = int(generator.integers(28, 56))
        x, y = int(generator.integers(WIDTH - side)), int(generator.integers(HEIGHT - side))
        draw = ImageDraw.Draw(mask)
        (draw.ellipse if label == "disc" else draw.rectangle)((x, y, x + side, y + side), fill=1)
        masks[label] = mask
        pixels[np.asarray(mask) > 0, channel] = 230
    return Image.fromarray(pixels), masks
