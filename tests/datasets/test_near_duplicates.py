"""Images that look the same as another one are found at import, and different ones are not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

ImportFiles = Callable[..., Any]
KIND = {"problem_type": "image_classification"}
ROWS = 12


def photo(seed: int, width: int = 160, height: int = 120) -> Image.Image:
    """Smooth clouds of colours, as different from each other as photos are."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def source(folder: Path, **more: Image.Image) -> Path:
    """Photos to train on and four to test on, and further images of the test table by name."""
    (folder / "images").mkdir(parents=True)
    names = {"train": [f"{n}.png" for n in range(ROWS)], "test": [f"{n}.png" for n in range(ROWS, ROWS + 4)]}
    for n in range(ROWS + 4):
        photo(n).save(folder / "images" / f"{n}.png")
    for name, image in more.items():
        image.save(folder / "images" / f"{name}.jpg", quality=60)
        names["test"].append(f"{name}.jpg")
    for split, files in names.items():
        lines = [f"{name},{'ab'[n % 2]}" for n, name in enumerate(files)]
        (folder / f"{split}.csv").write_text("\n".join(["image,label", *lines]) + "\n")
    return folder


def near(data: Any) -> list[Any]:
    return [one for one in data.findings() if one.code == "near_duplicate"]


def stamped(image: Image.Image) -> Image.Image:
    copy = image.copy()
    copy.paste((255, 255, 255), (155, 115, 160, 120))
    return copy


COPIES = {
    "smaller": lambda one: one.resize((80, 60)),
    "larger": lambda one: one.resize((320, 240)),
    "stretched": lambda one: one.resize((160, 90)),
    "mirrored": ImageOps.mirror,
    "darker": lambda one: ImageEnhance.Brightness(one).enhance(0.7),
    "without colours": ImageOps.grayscale,
    "blurred": lambda one: one.filter(ImageFilter.GaussianBlur(2)),
    "with a small logo": stamped,
}


@pytest.mark.parametrize("change", COPIES)
def test_a_changed_copy_of_a_training_image_is_found_in_the_test_table(
    change: str, import_files: ImportFiles, tmp_path: Path
) -> None:
    data = import_files(source(tmp_path / "source", copy=COPIES[change](photo(3))), KIND)

    [found] = near(data)
    assert found.path == "test.csv: image"
    assert (found.count, found.rows, found.examples) == (1, (5,), ("copy.jpg and 3.png",))


def test_different_images_are_not_named(import_files: ImportFiles, tmp_path: Path) -> None:
    other = {f"other{n}": photo(100 + n, 200, 150) for n in range(20)}

    assert near(import_files(source(tmp_path / "source", **other), KIND)) == []


def test_two_alike_in_the_training_table_are_named_once(import_files: ImportFiles, tmp_path: Path) -> None:
    folder = source(tmp_path / "source")
    photo(2).save(folder / "images" / "again.png")
    with (folder / "train.csv").open("a") as table:
        table.write("again.png,a\n")

    [found] = near(import_files(folder, KIND))

    assert found.path == "train.csv: image"
    assert (found.count, found.examples) == (1, ("again.png and 2.png",))


def test_small_images_and_those_without_content_are_left_alone(import_files: ImportFiles, tmp_path: Path) -> None:
    """Of digits of 28 x 28 pixels many are alike; of flat ones noise would decide."""
    folder = source(tmp_path / "source")
    random = np.random.default_rng(0)
    with (folder / "train.csv").open("a") as table:
        for n in range(4):
            photo(50).resize((28, 28)).save(folder / "images" / f"small{n}.png")
            pixels = random.integers(120, 124, (100, 100, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "images" / f"flat{n}.png")
            table.write(f"small{n}.png,a\nflat{n}.png,b\n")

    assert near(import_files(folder, KIND)) == []
