"""The layouts in which detection formats are found in the wild: where images lie, and where a split is said."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

SIZE = (40, 20)
HEADER = "image,class_name,x_min,y_min,x_max,y_max"
LINE = "1 0.5 0.5 0.5 0.5\n"
BOX = [10.0, 5.0, 30.0, 15.0]
XML = (
    "<annotation><filename>{name}</filename><object><name>b</name><bndbox><xmin>10</xmin><ymin>5</ymin>"
    "<xmax>30</xmax><ymax>15</ymax></bndbox></object></annotation>"
)


def made(folder: Path, images: list[str], files: Mapping[str, str]) -> Path:
    for number, name in enumerate(images):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", SIZE, (number * 9 % 250, 30, 90)).save(folder / name)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def coco(*names: str) -> str:
    return json.dumps(
        {
            "info": {},
            "images": [{"id": number, "file_name": name} for number, name in enumerate(names)],
            "annotations": [
                {"id": number, "image_id": number, "category_id": 3, "bbox": [10, 5, 20, 10]}
                for number in range(len(names))
            ],
            "categories": [{"id": 3, "name": "b"}],
        }
    )


def box_lists(frame: pd.DataFrame) -> dict[str, list[list[float]]]:
    sides = [
        frame[next(one for one in frame if one.replace("_", "") == side)] for side in ("xmin", "ymin", "xmax", "ymax")
    ]
    rows = zip(frame["image" if "image" in frame else "filename"], *sides, strict=True)
    return {name: [list(box) for box in zip(*corners, strict=True)] for name, *corners in rows}


LAYOUTS: dict[str, tuple[list[str], dict[str, str], str, str, dict[str, set[str]]]] = {
    "YOLO, splits below images and labels": (
        ["images/train/a.png", "images/train/b.png", "images/val/a.png"],
        {"labels/train/a.txt": LINE, "labels/train/b.txt": LINE, "labels/val/a.txt": LINE,
         "data.yaml": "path: .\ntrain: images/train\nnames:\n  0: a\n  1: b\n"},
        "yolo", "images", {"train": {"train/a.png", "train/b.png"}, "validation": {"val/a.png"}},
    ),
    "YOLO, images and labels below splits": (
        ["train/images/a.png", "valid/images/b.png", "test/images/c.png"],
        {"train/labels/a.txt": LINE, "valid/labels/b.txt": LINE, "test/labels/c.txt": LINE,
         "data.yaml": "names: [a, b]"},
        "yolo", ".",
        {"train": {"train/images/a.png"}, "validation": {"valid/images/b.png"}, "test": {"test/images/c.png"}},
    ),
    "YOLO, lists of images and names one a line": (
        ["obj/a.png", "obj/b.png"],
        {"obj/a.txt": LINE, "obj/b.txt": LINE, "obj.names": "a\nb\n", "train.txt": "data/obj/a.png\n",
         "valid.txt": "data/obj/b.png\n"},
        "yolo", "obj", {"train": {"a.png"}, "validation": {"b.png"}},
    ),
    "COCO, annotations beside folders of images": (
        ["train2017/a.png", "val2017/a.png"],
        {"annotations/instances_train2017.json": coco("a.png"), "annotations/instances_val2017.json": coco("a.png"),
         "annotations/captions_train2017.json": json.dumps({"images": [], "annotations": [], "categories": []})},
        "coco", ".", {"train": {"train2017/a.png"}, "validation": {"val2017/a.png"}},
    ),
    "COCO, a file in each split's folder": (
        ["train/a.png", "valid/b.png"],
        {"train/_annotations.coco.json": coco("a.png"), "valid/_annotations.coco.json": coco("b.png")},
        "coco", ".", {"train": {"train/a.png"}, "validation": {"valid/b.png"}},
    ),
    "Pascal VOC, images beside annotations": (
        ["JPEGImages/a.png", "JPEGImages/b.png", "JPEGImages/c.png"],
        {"Annotations/a.xml": XML.format(name="a.png"), "Annotations/b.xml": XML.format(name="old-name.png"),
         "Annotations/c.xml": XML.format(name="c.png"), "ImageSets/Main/trainval.txt": "a\nb\n",
         "ImageSets/Main/test.txt": "c\n"},
        "pascal_voc", "JPEGImages", {"train": {"a.png", "b.png"}, "test": {"c.png"}},
    ),
    "Pascal VOC, a folder a split": (
        ["train/a.png", "test/b.png"],
        {"train/a.xml": XML.format(name="a.png"), "test/b.xml": XML.format(name="b.png")},
        "pascal_voc", ".", {"train": {"train/a.png"}, "test": {"test/b.png"}},
    ),
    "individual boxes with other names": (
        ["img/a.png", "img/b.png"],
        {"train.csv": "filename,width,height,class,xmin,ymin,xmax,ymax\n"
         "a.png,40,20,b,10,5,30,15\nb.png,40,20,b,10,5,30,15\n"},
        "boxes", "img", {"train": {"a.png", "b.png"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_recognised_with_its_splits(tmp_path: Path, scan_files: Any, layout: str) -> None:
    images, files, format, media_folder, splits = LAYOUTS[layout]
    source = made(tmp_path / "s", images, files)

    found = scan_files(source)
    folder = tmp_path / "imports" / "one" / "converted" / format
    tables = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}

    assert (found.choices.problem_type, found.choices.format) == ("image_object_detection", format)
    assert found.choices.media_folder == media_folder
    assert set(found.choices.tables()) == set(splits)
    assert {role: set(box_lists(frame)) for role, frame in tables.items()} == splits
    for frame in tables.values():
        assert all(box == [BOX] for box in box_lists(frame).values())


def test_an_image_without_a_label_file_has_no_objects(tmp_path: Path, import_files: Any) -> None:
    images = ["images/a.png", "images/b.png", "images/c.png"]
    source = made(tmp_path / "s", images, {"labels/a.txt": LINE, "labels/b.txt": "", "data.yaml": "names: [a, b]"})

    data = import_files(source)

    assert box_lists(data.table("train.parquet")) == {"a.png": [BOX], "b.png": [], "c.png": []}
    assert {one.code: one.count for one in data.findings()}["no_label_file"] == 1


def test_rows_of_one_image_become_lists_and_what_they_share_stays(tmp_path: Path, import_files: Any) -> None:
    rows = f"{HEADER},fold,score\na.png,b,1,1,9,9,0,0.5\nb.png,,,,,,1,\na.png,c,2,2,8,8,0,0.7\n"
    source = made(tmp_path / "s", ["a.png", "b.png"], {"train.csv": rows})

    frame = import_files(source).table("train.parquet")

    assert frame["image"].tolist() == ["a.png", "b.png"]
    assert [list(cell) for cell in frame["class_name"]] == [["b", "c"], []]
    assert [list(cell) for cell in frame["x_min"]] == [[1.0, 2.0], []]
    assert frame["fold"].tolist() == [0, 1]
    assert [list(cell) for cell in frame["score"]] == [[0.5, 0.7], []]


def test_rows_that_hold_no_box_leave_their_image_out(tmp_path: Path, import_files: Any) -> None:
    rows = f"{HEADER}\na.png,b,1,1,9,9\na.png,b,1,one,9,9\nb.png,b,1,1,9,9\nc.png,b,1,1,9,9\n"
    source = made(tmp_path / "s", ["a.png", "b.png", "c.png"], {"train.csv": rows})

    data = import_files(source)

    assert set(box_lists(data.table("train.parquet"))) == {"b.png", "c.png"}
    assert {one.code: one.rows for one in data.findings()}["box_number"] == (2,)
