"""Masks in every format: each import gives the same pixels."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from studio.datasets.dataset import Dataset
from studio.datasets.importers.coco_masks import polygons_filled, runs_of_counts
from studio.datasets.masks.run_lengths import decode, encode, from_text

NUCLEI = "image_semantic_segmentation__nuclei"
OBJECTS = "image_instance_segmentation__nuclei"
# pycocotools still converts arrays as NumPy 1 did.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def pixels(data: Dataset, role: Any = "train") -> dict[str, dict[str, np.ndarray]]:
    """Class -> pixels, of every image by its name."""
    table = data.table(data.manifest.table_of_role(role).name)
    found: dict[str, dict[str, np.ndarray]] = {}
    for row in table.to_dict("records"):
        shape = (row["__height"], row["__width"])
        masks: dict[str, np.ndarray] = {}
        for name, text in zip(row["class_id"], row["rle_mask"], strict=True):
            masks[name] = masks.get(name, np.zeros(shape, dtype=bool)) | decode(from_text(text), *shape)
        found[Path(row["image"]).name] = masks
    return found


def test_masks_in_lists_and_in_pictures_give_the_same_pixels(
    shared_data: Path, tmp_path: Path, import_files: Any
) -> None:
    lists, pictures = tmp_path / "lists", tmp_path / "pictures"
    shutil.copytree(shared_data / NUCLEI / "images", lists / "images")
    shutil.copy(shared_data / NUCLEI / "train.parquet", lists)
    shutil.copytree(shared_data / NUCLEI / "images", pictures / "images")
    shutil.copytree(shared_data / NUCLEI / "masks", pictures / "masks")

    ours, theirs = pixels(import_files(lists, name="lists")), pixels(import_files(pictures, name="pictures"))

    assert set(ours) <= set(theirs)
    for name, masks in ours.items():
        assert (next(iter(masks.values())) == next(iter(theirs[name].values()))).all(), name


def test_run_lengths_of_coco_give_the_pixels_of_its_objects(
    shared_data: Path, tmp_path: Path, import_files: Any
) -> None:
    shutil.copytree(shared_data / OBJECTS / "images", tmp_path / "in" / "images")
    shutil.copy(shared_data / OBJECTS / "test_coco.json", tmp_path / "in" / "train_coco.json")
    choices = {"problem_type": "image_semantic_segmentation", "format": "coco"}

    found = pixels(import_files(tmp_path / "in", choices))

    document = json.loads((shared_data / OBJECTS / "test_coco.json").read_text())
    names = {image["id"]: Path(image["file_name"]).name for image in document["images"]}
    expected: dict[str, np.ndarray] = {}
    for one in document["annotations"]:
        mask = coco.decode(one["segmentation"]).astype(bool)
        name = names[one["image_id"]]
        expected[name] = expected.get(name, np.zeros_like(mask)) | mask
    assert set(found) == set(expected)
    assert all((next(iter(found[name].values())) == expected[name]).all() for name in expected)


def test_polygons_are_filled_as_coco_fills_them() -> None:
    generator = np.random.default_rng(0)
    shares = []
    for _ in range(30):
        angles = np.sort(generator.random(12) * 2 * np.pi)
        radii = generator.random(12) * 30 + 10
        points = np.stack([64 + radii * np.cos(angles), 48 + radii * np.sin(angles)], axis=1).ravel().round(2).tolist()
        runs = polygons_filled([points], (1.0, 1.0), 128, 96)
        assert runs is not None
        ours = decode(runs, 96, 128)
        theirs = coco.decode(coco.merge(coco.frPyObjects([points], 96, 128))).astype(bool)
        shares.append((ours & theirs).sum() / (ours | theirs).sum())

    assert min(shares) > 0.97
    assert np.mean(shares) > 0.99


@pytest.mark.parametrize("text", ["~", "1", "P", "0" * 3])
def test_a_text_that_is_no_counts_of_the_image_is_no_mask(text: str) -> None:
    assert runs_of_counts({"size": [3, 4], "counts": text}, 4, 3) is None


def test_binary_pictures_a_class_in_folders_or_by_their_names(tmp_path: Path, import_files: Any) -> None:
    masks = np.zeros((2, 10, 12), dtype=np.uint8)
    masks[0, :4], masks[1, 2:6, 3:] = 255, 255
    for layout, names in (
        ("folders", ("masks/cat/{}.png", "masks/dog/{}.png")),
        ("names", ("masks/{}_cat.png", "masks/{}_dog.png")),
    ):
        for number in range(3):
            picture = tmp_path / layout / "images" / f"{number}.jpg"
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((10, 12, 3), 40 * number + 20, dtype=np.uint8)).save(picture)
            for mask, name in zip(masks, names, strict=True):
                path = tmp_path / layout / name.format(number)
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(mask).save(path)

        found = pixels(import_files(tmp_path / layout, name=layout))

        assert set(found) == {"0.jpg", "1.jpg", "2.jpg"}
        for one in found.values():
            assert (one["cat"] == (masks[0] > 0)).all()
            assert (one["dog"] == (masks[1] > 0)).all()


def test_splits_palettes_names_and_pictures_without_masks_in_a_test_folder(tmp_path: Path, import_files: Any) -> None:
    numbers = np.zeros((8, 9), dtype=np.uint8)
    numbers[2:5, 3:7], numbers[6:] = 1, 2
    mask = Image.fromarray(numbers, mode="P")
    mask.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0] + [0] * 759)
    for split, count in (("train", 3), ("val", 2), ("test", 2)):
        for number in range(count):
            for kind in ("images", "masks") if split != "test" else ("images",):
                path = tmp_path / "in" / split / kind / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                picture = Image.fromarray(np.random.default_rng(number).integers(0, 255, (8, 9, 3), dtype=np.uint8))
                (picture if kind == "images" else mask).save(path)
    (tmp_path / "in" / "classes.txt").write_text("background\ncat\ndog\n")

    data = import_files(tmp_path / "in")

    assert [(table.role, table.rows) for table in data.manifest.tables] == [
        ("train", 3),
        ("validation", 2),
        ("test", 2),
    ]
    for masks in pixels(data).values():
        assert (masks["cat"] == (numbers == 1)).all()
        assert (masks["dog"] == (numbers == 2)).all()
    assert [column.name for column in data.manifest.table_of_role("test").columns] == ["image"]


def test_runs_of_a_class_are_joined(tmp_path: Path) -> None:
    from studio.datasets.masks.run_lengths import overlap, united

    generator = np.random.default_rng(0)
    for _ in range(20):
        masks = generator.random((3, 7, 9)) > 0.6
        runs = np.concatenate([encode(mask) for mask in masks])

        assert (united(runs) == encode(masks.any(axis=0))).all()
        assert overlap(runs) == bool((masks.sum(axis=0) > 1).any())
