"""Example data: a ball and a rod in a noisy volume, with their masks. Made in a second, the same on every machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.masks.run_lengths import encode, to_text
from studio.on_demand import np, pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = ("ball", "rod")
SHAPE = (20, 32, 28)
COUNTS = {"train": 40, "test": 12}


def make_example(folder: Path) -> None:
    """Write train.parquet, test.parquet and images/ into a folder."""
    generator = np.random.default_rng(11)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split, count in COUNTS.items():
        rows = []
        for number in range(count):
            name = f"{split}_{number:03}.npy"
            volume, masks = _drawn(generator)
            np.save(folder / "images" / name, volume, allow_pickle=False)
            texts = {label: to_text(encode(mask)) for label, mask in masks.items()}
            rows.append({"image": name, "class_id": list(texts), "rle_mask": list(texts.values())})
        pd.DataFrame(rows).to_parquet(folder / f"{split}.parquet", index=False)


def _drawn(generator: np.random.Generator) -> tuple[NDArray[np.uint8], dict[str, NDArray[np.bool_]]]:
    """A volume, and the mask of each class that is in it; a rod goes through the whole depth."""
    volume = generator.integers(0, 60, SHAPE, dtype=np.uint8)
    masks = {}
    for label, brightness in zip(CLASSES, (130, 220), strict=True):
        if generator.random() < 0.2:
            continue
        radius = float(generator.uniform(5, 8)) if label == "ball" else float(generator.uniform(3, 5))
        centre = [generator.uniform(radius, side - radius) for side in SHAPE]
        distance = (np.indices(SHAPE) - np.array(centre)[:, None, None, None]) ** 2
        masks[label] = (distance if label == "ball" else distance[1:]).sum(0) <= radius**2
        volume[masks[label]] = brightness
    return volume, masks
