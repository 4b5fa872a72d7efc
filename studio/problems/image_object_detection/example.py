"""Example data: coloured circles and squares on noise, with their boxes. Made in a second, the same everywhere."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from studio.on_demand import np, pd

CLASSES = ("circle", "square")
SIZE = 160
TRAIN_IMAGES = 40
TEST_IMAGES = 12
MOST_OBJECTS = 3


def make_example(folder: Path) -> None:
    """Write train.parquet, test.parquet and images/ into a folder."""
    generator = np.random.default_rng(11)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split, count in (("train", TRAIN_IMAGES), ("test", TEST_IMAGES)):
        rows = []
        for number in range(count):
            name = f"{split}_{number:03}.png"
            image, objects = draw_objects(generator)
            image.save(folder / "images" / name)
            rows.append(
                {
                    "image": name,
                    "class_id": [label for label, _ in objects],
                    "x_min": [box[0] for _, box in objects],
                    "y_min": [box[1] for _, box in objects],
                    "x_max": [box[2] for _, box in objects],
                    "y_max": [box[3] for _, box in objects],
                }
            )
        pd.DataFrame(rows).to_parquet(folder / f"{split}.parquet", index=False)


def draw_objects(generator: np.random.Generator) -> tuple[Image.Image, list[tuple[str, tuple[int, int, int, int]]]]:
    """An image with one to three objects that do not overlap, and (class, box) of each."""
    image = Image.fromarray(generator.integers(0, 60, (SIZE, SIZE, 3), dtype=np.uint8))
    draw = ImageDraw.Draw(image)
    objects: list[tuple[str, tuple[int, int, int, int]]] = []
    for _ in range(int(generator.integers(1, MOST_OBJECTS + 1))):
        box = _free_box(generator, [one for _, one in objects])
        if box is None:
            continue
        label = CLASSES[int(generator.integers(len(CLASSES)))]
        bright = (250, int(generator.integers(120, 200)), 40) if label == "circle" else (40, 170, 250)
        (draw.ellipse if label == "circle" else draw.rectangle)(box, fill=bright)
        objects.append((label, box))
    return image, objects


def _free_box(
    generator: np.random.Generator, taken: list[tuple[int, int, int, int]]
) -> tuple[int, int, int, int] | None:
    for _ in range(20):
        side = int(generator.integers(28, 60))
        x, y = (int(value) for value in generator.integers(2, SIZE - side - 2, 2))
        box = (x, y, x + side, y + side)
        if all(box[2] < one[0] or one[2] < box[0] or box[3] < one[1] or one[3] < box[1] for one in taken):
            return box
    return None
