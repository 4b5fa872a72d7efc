"""Tables with a row a box: whatever the numbers are called and whatever they are, the same boxes come out."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.datasets.importers.box_numbers import corners_of, pixels_of, reading_of
from studio.datasets.tables.box_columns import FORMS, BoxForm, box_columns
from tests.datasets.importers.test_detection_exports import SIDES, boxes_of, codes, draw

Row = Mapping[str, Any]
Corners = tuple[float, float, float, float]
WIDTH, HEIGHT = SIDES
TRUE: dict[str, list[tuple[str, Corners]]] = {
    "s0.png": [("cap", (0, 6, 23, 20)), ("lid", (45, 6, 96, 20))],
    "s1.png": [("lid", (9, 9, 27, 64))],
    "s2.png": [("cap", (13, 0, 31, 26)), ("cap", (60, 12, 96, 64))],
}


def table(folder: Path, row: Callable[[str, Corners], Row], *, image: str = "image", label: str = "label") -> Path:
    """A CSV with a row a box, beside its pictures."""
    draw(folder, *(f"images/{name}" for name in TRUE))
    rows = [{image: name, label: kind, **row(name, box)} for name, found in TRUE.items() for kind, box in found]
    with (folder / "annotations.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def named(*names: str, form: BoxForm, scale: tuple[float, float] = (1, 1)) -> Callable[[str, Corners], Row]:
    """A box in some form, in columns of these names."""
    return lambda name, box: dict(zip(names, (float(value) for value in written(box, form, scale)), strict=True))


def written(box: Corners, form: BoxForm, scale: tuple[float, float] = (1, 1)) -> Sequence[float]:
    x0, y0, x1, y1 = (value * scale[place % 2] for place, value in enumerate(box))
    if form == "xyxy":
        return x0, y0, x1, y1
    return (x0, y0, x1 - x0, y1 - y0) if form == "xywh" else ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)


SHARES = (1 / WIDTH, 1 / HEIGHT)
WAYS: dict[str, Callable[[str, Corners], Row]] = {
    "corners": named("x_min", "y_min", "x_max", "y_max", form="xyxy"),
    "corners of Open Images": named("XMin", "YMin", "XMax", "YMax", form="xyxy", scale=SHARES),
    "corner and size": named("x", "y", "width", "height", form="xywh"),
    "corner and size, by name": named("left", "top", "w", "h", form="xywh"),
    "corner and size, of boxes": named("bbox_x", "bbox_y", "bbox_width", "bbox_height", form="xywh"),
    "middle and size": named("x", "y", "width", "height", form="cxcywh"),
    "middle and size, by name": named("x_center", "y_center", "width", "height", form="cxcywh"),
    "shares of the middle": named("cx", "cy", "w", "h", form="cxcywh", scale=SHARES),
    "list of corner and size": lambda name, box: {"bbox": json.dumps(written(box, "xywh"))},
    "list of corners": lambda name, box: {"bbox": json.dumps(written(box, "xyxy"))},
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_boxes_come_out_of_every_form(way: str, tmp_path: Path, import_files: Any) -> None:
    data = import_files(table(tmp_path / "in", WAYS[way]))

    assert data.manifest.problem_type == "image_object_detection"
    assert found_in(data) == {name: [(kind, *box) for kind, box in boxes] for name, boxes in TRUE.items()}


def found_in(data: Any) -> dict[str, list[tuple[Any, ...]]]:
    frame, roles = data.table("train.parquet"), data.manifest.roles
    sides = [roles[f"{side}_column"] for side in ("x_min", "y_min", "x_max", "y_max")]
    return {
        row[roles["image_column"]]: [
            (kind, *(round(float(row[side][place]), 6) for side in sides))
            for place, kind in enumerate(row[roles["class_name_column"]])
        ]
        for row in frame.to_dict("records")
    }


@pytest.mark.parametrize("image", ["name", "file_name", "ImageID"])
def test_a_column_that_names_the_picture_is_no_class(image: str, tmp_path: Path, import_files: Any) -> None:
    data = import_files(table(tmp_path / "in", WAYS["corners"], image=image))

    assert (data.manifest.roles["image_column"], data.manifest.roles["class_name_column"]) == (image, "label")


def test_forms_that_nothing_tells_apart_are_asked_for(tmp_path: Path, scan_files: Any, import_files: Any) -> None:
    """Boxes so far inside that x and y may be a corner as well as a middle: said, and each is offered."""
    draw(tmp_path / "in", "a.png", "b.png")
    rows = "image,label,x,y,width,height\na.png,cap,40,30,10,8\nb.png,lid,50,30,10,8\n"
    (tmp_path / "in" / "boxes.csv").write_text(rows)

    scan = scan_files(tmp_path / "in")
    first = import_files(tmp_path / "in")
    second = import_files(tmp_path / "in", {"format": "boxes_cxcywh", "problem_type": "image_object_detection"}, "two")

    assert {one.id for one in scan.formats} >= {"boxes", "boxes_xywh", "boxes_cxcywh"}
    assert codes(first)["box_form_unsure"].level == "warning"
    assert found_in(first)["a.png"] == [("cap", 40, 30, 50, 38)]
    assert found_in(second)["a.png"] == [("cap", 35, 26, 45, 34)]
    assert "box_form_unsure" not in codes(second)


def test_boxes_that_state_another_size_are_scaled_or_left_out(tmp_path: Path, import_files: Any) -> None:
    draw(tmp_path / "in", "a.png", "b.png", "c.png")
    lines = ["a.png,cap,10,8,30,40,192,128", "b.png,lid,10,8,30,40,200,64", "c.png,lid,10,8,30,40,96,64"]
    (tmp_path / "in" / "t.csv").write_text("\n".join(["filename,class,xmin,ymin,xmax,ymax,width,height", *lines]))

    data = import_files(tmp_path / "in")

    assert found_in(data) == {"a.png": [("cap", 5, 4, 15, 20)], "c.png": [("lid", 10, 8, 30, 40)]}
    assert codes(data)["box_rows_scaled"].examples == ("a.png: 96 x 64, not 192 x 128 pixels",)
    assert codes(data)["box_rows_size"].examples == ("b.png: 96 x 64, not 200 x 64 pixels",)


def test_rows_without_box_are_pictures_without_objects_in_every_form(tmp_path: Path, import_files: Any) -> None:
    draw(tmp_path / "in", "a.png", "b.png", "c.png")
    (tmp_path / "in" / "t.csv").write_text('image,label,bbox\na.png,cap,"[1, 2, 20, 30]"\nb.png,,\nc.png,,[]\n')

    data = import_files(tmp_path / "in")

    assert found_in(data) == {"a.png": [("cap", 1, 2, 21, 32)], "b.png": [], "c.png": []}


boxes = st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(1, 36), st.integers(1, 24))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(found=st.lists(boxes, min_size=1, max_size=9), form=st.sampled_from(FORMS), are_shares=st.booleans())
def test_generated_boxes_are_read_back(found: list[tuple[int, ...]], form: BoxForm, are_shares: bool) -> None:
    true = np.array([(x, y, x + w, y + h) for x, y, w, h in found], dtype=float)
    scale = SHARES if are_shares else (1, 1)
    numbers = np.array([written(tuple(box), form, scale) for box in true])
    sizes = np.tile([float(WIDTH), float(HEIGHT)], (len(true), 1))

    reading = reading_of(numbers, sizes, (form,))
    read = pixels_of(numbers, sizes, reading)

    assert reading.is_sure
    # Boxes of a pixel or less from the corner on are shares as well: nobody draws them.
    if are_shares or numbers.max() > 1.01:
        np.testing.assert_allclose(read, true, atol=1e-6, equal_nan=False)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(found=st.lists(boxes, min_size=1, max_size=6), form=st.sampled_from(FORMS))
def test_a_form_that_is_sure_is_the_right_one_or_one_that_fits(found: list[tuple[int, ...]], form: BoxForm) -> None:
    """Whatever the names leave open, the form taken never leaves more boxes out of their picture than the true one."""
    true = np.array([(x, y, x + w, y + h) for x, y, w, h in found], dtype=float) * 2.5
    numbers = np.array([written(tuple(box), form) for box in true])
    sizes = np.tile([96 * 2.5, 64 * 2.5], (len(true), 1))

    reading = reading_of(numbers, sizes, FORMS)
    corners = corners_of(numbers, reading.form)

    assert (corners[:, 2:] >= corners[:, :2]).all()
    assert (corners >= -1).all()
    assert (corners[:, 2:] <= sizes + 1).all()


@pytest.mark.parametrize(
    ("columns", "sides", "forms"),
    [
        (["image", "label", "x", "y", "width", "height"], ("x", "y", "width", "height"), ("xywh", "cxcywh")),
        (
            ["image", "class", "xmin", "ymin", "xmax", "ymax", "width", "height"],
            ("xmin", "ymin", "xmax", "ymax"),
            ("xyxy",),
        ),
        (["image", "label", "width", "height"], None, ()),
        (["image", "x", "y", "w", "h"], ("x", "y", "w", "h"), ("xywh", "cxcywh")),
    ],
)
def test_names_of_columns_say_what_they_may_be(
    columns: list[str], sides: tuple[str, ...] | None, forms: tuple[str, ...]
) -> None:
    found = box_columns({name: name for name in columns if name != "image"}, {})

    assert (None if found is None else found.sides) == sides
    assert (() if found is None else found.forms) == forms


def test_boxes_stay_what_they_are_where_corners_are_named(tmp_path: Path, import_files: Any) -> None:
    data = import_files(table(tmp_path / "in", WAYS["corners"], label="class_id"))

    assert set(boxes_of(data)) == set(TRUE)
    assert not {"box_form", "box_shares", "box_form_unsure"} & set(codes(data))


def test_a_table_of_which_no_row_is_left_is_refused_with_the_reason(tmp_path: Path, scan_files: Any) -> None:
    draw(tmp_path / "in", "a.png", "b.png")
    (tmp_path / "in" / "t.csv").write_text("image,label,x,y,w,h\na.png,cap,1,2,x,4\nb.png,cap,1,,3,4\n")

    scan = scan_files(tmp_path / "in", {"problem_type": "image_object_detection", "format": "boxes"})

    assert scan.state == "failed"
    assert {one.code for one in scan.findings} >= {"box_number", "no_rows"}


def test_boxes_without_a_column_of_classes_are_of_one_class(tmp_path: Path, import_files: Any) -> None:
    """As Kaggle's wheat: image_id, width, height, bbox, source."""
    draw(tmp_path / "in", *(f"images/{name}" for name in TRUE))
    with (tmp_path / "in" / "train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image_id", "width", "height", "bbox", "source"])
        for name, found in TRUE.items():
            for _, box in found:
                row = [name.removesuffix(".png"), WIDTH, HEIGHT, str(list(written(box, "xywh"))), "usask_1"]
                writer.writerows([row] * 4)

    data = import_files(tmp_path / "in")

    assert data.manifest.problem_type == "image_object_detection"
    assert found_in(data) == {
        name: [("object", *box) for _, box in boxes for _ in range(4)] for name, boxes in TRUE.items()
    }
    assert "no_class_column" in codes(data)
