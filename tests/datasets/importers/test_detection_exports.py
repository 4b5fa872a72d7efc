"""Boxes as tools export them: what is meant is read, what cannot be is named, and nothing becomes background."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

KIND = "image_object_detection"
SIDES = (96, 64)
Box = tuple[str, float, float, float, float]
Change = Callable[[dict[str, Any]], object]


def draw(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", SIDES, (90, 120, 150)).save(folder / name)
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def boxes_of(data: Any, table: str = "train.parquet") -> dict[str, list[Box]]:
    rows = data.table(table).to_dict("records")
    sides = ("x_min", "y_min", "x_max", "y_max")
    return {
        row["image"]: [
            (label, *(float(row[side][place]) for side in sides)) for place, label in enumerate(row["class_id"])
        ]
        for row in rows
    }


def codes(data: Any) -> dict[str, Any]:
    return {one.code: one for one in data.findings()}


def coco(folder: Path, change: Change = lambda document: None) -> Path:
    """Three pictures, each with one nut; what `change` does to the document is the case."""
    names = [f"shot_{number}.png" for number in range(3)]
    document = {
        "images": [{"id": n, "file_name": name, "width": 96, "height": 64} for n, name in enumerate(names)],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "bbox": [5 * n, 4, 20, 16], "iscrowd": 0} for n in range(3)
        ],
        "categories": [{"id": 1, "name": "nut"}],
    }
    change(document)
    draw(folder, *(f"images/{name}" for name in names))
    write(folder, {"result.json": json.dumps(document)})
    return folder


WHOLE = {f"shot_{n}.png": [("nut", 5.0 * n, 4.0, 5.0 * n + 20, 20.0)] for n in range(3)}


def each(key: str, change: Callable[[Any], Any], part: str = "annotations") -> Change:
    return lambda document: [entry.update({key: change(entry[key])}) for entry in document[part]]


def both(*changes: Change) -> Change:
    return lambda document: [change(document) for change in changes]


@pytest.mark.parametrize(
    "change",
    [
        both(each("id", float, "images"), each("image_id", float), each("category_id", float)),
        both(each("id", str, "images"), each("category_id", lambda id: f"{id}.0")),
        each("bbox", lambda box: [str(side) for side in box]),
        each("bbox", str),
        each("file_name", lambda name: f"/content/drive/data/{name}", "images"),
        each("file_name", lambda name: f"..\\upload\\4\\{name}", "images"),
        both(each("width", lambda side: 2 * side, "images"), each("height", lambda side: 2 * side, "images"),
             each("bbox", lambda box: [2 * side for side in box])),
    ],
    ids=["float ids", "text ids", "numbers as text", "a box as text", "absolute paths", "backslashes", "another size"],
)  # fmt: skip
def test_coco_means_the_same_however_it_is_written(change: Change, tmp_path: Path, import_files: Any) -> None:
    data = import_files(coco(tmp_path / "in", change), {"problem_type": KIND, "format": "coco"})

    assert boxes_of(data) == WHOLE


@pytest.mark.parametrize(
    ("change", "code", "rows"),
    [
        (lambda d: d["images"].append({"id": 9, "file_name": "gone.png"}), "coco_missing", 3),
        (lambda d: d["annotations"][0].update(iscrowd=1), "coco_crowds_only", 2),
        (lambda d: d["images"][0].update(width=300, height=64), "coco_size", 2),
        (lambda d: d["images"][0].update(file_name="twin.png"), "coco_several", 2),
    ],
)
def test_coco_pictures_that_cannot_be_used_are_named_and_left_out(
    change: Change, code: str, rows: int, tmp_path: Path, import_files: Any
) -> None:
    source = draw(coco(tmp_path / "in", change), "images/a/twin.png", "images/b/twin.png")

    data = import_files(source, {"problem_type": KIND, "format": "coco"})

    assert len(boxes_of(data)) == rows
    assert all(boxes_of(data).values())
    assert codes(data)[code].level == "warning"
    assert any(name in " ".join(codes(data)[code].examples) for name in ("shot_0", "gone", "twin"))


@pytest.mark.parametrize("nothing", [[], None])
def test_an_empty_box_of_coco_says_that_nothing_is_there(nothing: Any, tmp_path: Path, import_files: Any) -> None:
    source = coco(tmp_path / "in", lambda document: document["annotations"][0].update(bbox=nothing))

    data = import_files(source, {"problem_type": KIND, "format": "coco"})

    assert boxes_of(data) == WHOLE | {"shot_0.png": []}


def test_coco_files_of_one_split_are_joined_and_one_without_boxes_is_a_split(tmp_path: Path, import_files: Any) -> None:
    def renamed(word: str, label: str) -> Change:
        return both(
            each("file_name", lambda name: f"{word}_{name}", "images"), each("name", lambda _: label, "categories")
        )

    for part, label in (("one", "cap"), ("two", "lid"), ("valid", "cap")):
        folder = tmp_path / "in" / part
        coco(folder, renamed(part, label))
        for picture in sorted((folder / "images").iterdir()):
            picture.rename(picture.with_name(f"{part}_{picture.name}"))
    empty = json.loads((tmp_path / "in" / "valid" / "result.json").read_text())
    (tmp_path / "in" / "valid" / "result.json").write_text(json.dumps({**empty, "annotations": []}))

    data = import_files(tmp_path / "in", {"problem_type": KIND, "format": "coco"})

    train, validation = boxes_of(data), boxes_of(data, "validation.parquet")
    assert sorted(label for boxes in train.values() for label, *_ in boxes) == ["cap"] * 3 + ["lid"] * 3
    assert list(validation.values()) == [[], [], []]


def yolo(folder: Path, lines: Mapping[str, str], yaml: str = "names: [cap, lid]\n", **files: str) -> Path:
    """A picture and a label file of each name."""
    draw(folder, *(f"images/{name}.png" for name in lines))
    write(folder, {f"labels/{name}.txt": line for name, line in lines.items()})
    write(folder, {"data.yaml": yaml, **files})
    return folder


PLAIN = "1 0.25 0.5 0.25 0.5\n"
PLAIN_BOX = ("lid", 12.0, 16.0, 36.0, 48.0)


@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("1.000000e+00 2.5e-01 5e-1 0.25 0.5\n", PLAIN_BOX),
        ("1 0.25 0.5 0.25 0.5 0.83\n", PLAIN_BOX),
        ("1 0.125 0.25 0.375 0.25 0.375 0.75 0.125 0.75\n", PLAIN_BOX),
        ("1 0.875 0.5 0.2502 0.5\n", ("lid", 71.99, 16.0, 96.0, 48.0)),
        ("1 0.125 -0.0004 0.375 -0.0004 0.375 1.0002\n", ("lid", 12.0, 0.0, 36.0, 64.0)),
    ],
    ids=["exponents", "a confidence", "a polygon", "a hair over the border", "a polygon a hair over"],
)
def test_a_line_of_yolo_is_read_by_what_it_is(line: str, box: Box, tmp_path: Path, import_files: Any) -> None:
    source = yolo(tmp_path / "in", {"a": PLAIN, "b": line})

    data = import_files(source, {"problem_type": KIND, "format": "yolo"})

    assert boxes_of(data)["b.png"] == [pytest.approx(box, abs=0.01)]
    assert boxes_of(data)["a.png"] == [PLAIN_BOX]


def test_key_points_of_yolo_are_told_and_their_boxes_used(tmp_path: Path, import_files: Any) -> None:
    yaml = "names: [cap, lid]\nkpt_shape: [2, 3]\n"
    line = "1 0.25 0.5 0.25 0.5 0.2 0.4 2 0.3 0.6 1\n"

    data = import_files(yolo(tmp_path / "in", {"a": line, "b": line}, yaml), {"problem_type": KIND, "format": "yolo"})

    assert boxes_of(data) == {"a.png": [PLAIN_BOX], "b.png": [PLAIN_BOX]}
    assert "key points" in codes(data)["yolo_extra"].found


def test_label_files_without_a_picture_are_named(tmp_path: Path, import_files: Any) -> None:
    source = yolo(tmp_path / "in", {"a": PLAIN, "b": PLAIN}, **{"labels/gone_7.txt": PLAIN})

    data = import_files(source, {"problem_type": KIND, "format": "yolo"})

    assert codes(data)["yolo_image"].examples == ("labels/gone_7.txt",)


@pytest.mark.parametrize(
    "listed", ["val: images/part2", "val: ../images/part2/", "val: [images/part2]", "val: held.txt"]
)
def test_splits_of_data_yaml_come_before_names_of_folders(listed: str, tmp_path: Path, import_files: Any) -> None:
    yaml = f"path: ../data\ntrain: images/part1\n{listed}\nnames: [cap, lid]\n"
    lines = {"part1/a": PLAIN, "part1/b": PLAIN, "part2/c": PLAIN}
    source = yolo(tmp_path / "in", lines, yaml, **{"held.txt": "./images/part2/c.png\n"})

    data = import_files(source, {"problem_type": KIND, "format": "yolo"})

    assert [(one.role, one.rows) for one in data.manifest.tables] == [("train", 2), ("validation", 1)]


def voc(folder: Path, names: Mapping[str, str], lists: Mapping[str, str] | None = None) -> Path:
    """XML files, each with what it calls its picture, and a picture of the XML file's own name."""
    draw(folder, *(f"JPEGImages/{name}.png" for name in names))
    for place, (name, called) in enumerate(names.items()):
        box = f"<xmin>{place}</xmin><ymin>4</ymin><xmax>{place + 20}</xmax><ymax>20</ymax>"
        cap = f"<object><name>cap</name><bndbox>{box}</bndbox></object>"
        xml = f"<annotation><filename>{called}</filename>{cap}</annotation>"
        write(folder, {f"Annotations/{name}.xml": xml})
    write(folder, {f"ImageSets/Main/{name}.txt": text for name, text in (lists or {}).items()})
    return folder


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("cam1/0", "cam1/0"),
        ("cam1/0", '"cam1/0.jpg"  1'),
        ("my photo 1", "my photo 1"),
        ("my photo 1", "my photo 1 -1"),
        ("a", "a.xml\r"),
    ],
)
def test_entries_of_image_sets_are_paths_names_and_flags(
    name: str, entry: str, tmp_path: Path, import_files: Any
) -> None:
    names = {name: "x.png", "other": "x.png", "third": "x.png"}
    source = voc(tmp_path / "in", names, {"Train": "other\nthird\n", "Validation": f"{entry}\n"})

    data = import_files(source, {"problem_type": KIND, "format": "pascal_voc"})

    assert list(boxes_of(data, "validation.parquet")) == [f"{name}.png"]
    assert list(boxes_of(data)) == ["other.png", "third.png"]


def test_an_xml_file_belongs_to_the_picture_of_its_own_name(tmp_path: Path, import_files: Any) -> None:
    source = voc(tmp_path / "in", {"a": "a.png", "a_flip": "a.png"})

    boxes = boxes_of(import_files(source, {"problem_type": KIND, "format": "pascal_voc"}))

    assert boxes == {"a.png": [("cap", 0, 4, 20, 20)], "a_flip.png": [("cap", 1, 4, 21, 20)]}
