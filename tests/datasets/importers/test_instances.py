"""Instances in every format: each import gives the same objects, pixel by pixel."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.datasets.dataset import Dataset
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.masks.instance_part import InstancePart
from studio.datasets.masks.run_lengths import decode, from_text

NUCLEI = "image_instance_segmentation__nuclei"
KIND = "image_instance_segmentation"


def objects(data: Dataset, role: Any = "train") -> dict[str, Counter[str]]:
    """Run lengths of the objects of every image by its name; their order says nothing."""
    table = data.table(data.manifest.table_of_role(role).name)
    return {
        Path(row["image"]).name: Counter(text for text in row["rle_mask"] if text) for row in table.to_dict("records")
    }


def linked(shared_data: Path, source: Path, names: list[str]) -> Path:
    (source / "images").mkdir(parents=True)
    for name in names:
        shutil.copy(shared_data / NUCLEI / "images" / name, source / "images")
    return source


@pytest.fixture
def names(shared_data: Path) -> list[str]:
    document = json.loads((shared_data / NUCLEI / "test_coco.json").read_text())
    return sorted(Path(image["file_name"]).name for image in document["images"])


@pytest.mark.shared
def test_lists_coco_and_numbered_pictures_give_the_same_objects(
    shared_data: Path, names: list[str], tmp_path: Path, scan_files: Any, import_files: Any
) -> None:
    lists, coco, numbered = (linked(shared_data, tmp_path / name, names) for name in ("lists", "coco", "numbered"))
    shutil.copy(shared_data / NUCLEI / "test.parquet", lists / "train.parquet")
    shutil.copy(shared_data / NUCLEI / "test_coco.json", coco / "train_coco.json")
    (numbered / "masks").mkdir()
    for name in names:
        shutil.copy(shared_data / NUCLEI / "masks" / name, numbered / "masks")

    found = {}
    for source, format in ((lists, "table"), (coco, "coco"), (numbered, "instance_images")):
        # Of a COCO file the boxes would do as well, so there it is said.
        given = {"problem_type": KIND} if format == "coco" else {}
        choices = scan_files(source, given, name=source.name).choices
        assert (choices.problem_type, choices.format) == (KIND, format)
        data = import_files(source, given, name=source.name)
        found[format] = objects(data)
        assert data.profile().part(InstancePart).most_per_image > 50
        assert sum(data.profile().part(LabelPart).counts["train.parquet"].values()) == sum(
            one.total() for one in found[format].values()
        )

    assert set(found["table"]) == set(names)
    assert found["coco"] == found["table"]
    assert found["instance_images"] == found["table"]


@pytest.mark.parametrize(
    "layout",
    ["{n}/images/{n}.png {n}/masks/{k}.png", "images/{n}.png masks/{n}_{k}.png", "images/{n}.png masks/{n}/{k}.png"],
)
def test_one_black_and_white_picture_an_object(layout: str, tmp_path: Path, scan_files: Any, import_files: Any) -> None:
    picture_at, mask_at = layout.split()
    masks = np.zeros((2, 10, 12), dtype=np.uint8)
    masks[0, :4], masks[1, 5:9, 3:] = 255, 255
    for number in range(3):
        for path, pixels in (
            (picture_at.format(n=f"pic{number}"), np.full((10, 12, 3), 40 * number + 20, dtype=np.uint8)),
            *((mask_at.format(n=f"pic{number}", k=k), mask) for k, mask in enumerate(masks)),
        ):
            (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / "in" / path)
    (tmp_path / "in" / "classes.txt").write_text("cell\n")

    choices = scan_files(tmp_path / "in").choices
    data = import_files(tmp_path / "in")

    assert (choices.problem_type, choices.format) == (KIND, "instance_images")
    table = data.table("train.parquet")
    assert len(table) == 3
    for classes, texts in zip(table["class_id"], table["rle_mask"], strict=True):
        assert list(classes) == ["cell", "cell"]
        found = sorted((decode(from_text(text), 10, 12) for text in texts), key=lambda mask: int(mask[0, 0]))
        assert (found[0] == (masks[1] > 0)).all()
        assert (found[1] == (masks[0] > 0)).all()


def coco_file(folder: Path, annotations: list[dict[str, Any]]) -> Path:
    """Two images with the same annotations."""
    (folder / "images").mkdir(parents=True)
    for name in ("a", "b"):
        pixels = np.random.default_rng(ord(name)).integers(0, 255, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{name}.png")
    pairs = [(image, one) for image in (1, 2) for one in annotations]
    document = {
        "images": [
            {"id": n, "file_name": f"{name}.png", "width": 12, "height": 10} for n, name in ((1, "a"), (2, "b"))
        ],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{"id": n, "image_id": image, "category_id": 1, **one} for n, (image, one) in enumerate(pairs)],
    }
    (folder / "train_coco.json").write_text(json.dumps(document))
    return folder


@pytest.mark.parametrize(("kind", "count"), [(KIND, 2), ("image_semantic_segmentation", 3)])
def test_crowd_regions_are_pixels_but_no_objects(kind: str, count: int, tmp_path: Path, import_files: Any) -> None:
    polygons = [{"segmentation": [[x, 1, x + 3, 1, x + 3, 5, x, 5]], "iscrowd": 0} for x in (0, 4)]
    crowd = {"segmentation": {"size": [10, 12], "counts": [100, 15, 5]}, "iscrowd": 1}
    source = coco_file(tmp_path / "in", [*polygons, crowd])

    data = import_files(source, {"problem_type": kind, "format": "coco"})

    assert [len(masks) for masks in data.table("train.parquet")["rle_mask"]] == [count, count]
    assert ("coco_crowd" in {finding.code for finding in data.findings()}) == (kind == KIND)


def test_the_same_mask_twice_is_told(tmp_path: Path, import_files: Any) -> None:
    twice = {"segmentation": [[0, 1, 3, 1, 3, 5, 0, 5]]}
    source = coco_file(tmp_path / "in", [twice, twice])

    findings = {one.code: one for one in import_files(source, {"problem_type": KIND, "format": "coco"}).findings()}

    assert findings["mask_repeated"].level == "warning"
