"""What tools draw on pictures: the same shapes, written as each tool writes them, give the same boxes and masks."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.datasets.importers.coco import COCO
from studio.datasets.importers.coco_masks import COCO_INSTANCES
from studio.datasets.importers.cvat import CVAT, CVAT_BOXES
from studio.datasets.importers.drawn.shapes import centred_rectangle, ellipse, rectangle
from studio.datasets.importers.format import DatasetFormat
from studio.datasets.importers.label_studio import LABEL_STUDIO, LABEL_STUDIO_BOXES
from studio.datasets.importers.pascal_voc import PASCAL_VOC
from studio.datasets.importers.upload import Upload
from studio.datasets.importers.via import VIA, VIA_BOXES
from studio.datasets.masks.resizing import resized_runs
from studio.datasets.masks.run_lengths import decode, encode, from_text
from studio.datasets.uploads.discovery import list_files
from studio.errors import DatasetError
from tests.datasets.importers.test_detection_exports import SIDES, draw

WIDTH, HEIGHT = SIDES
Box = tuple[float, float, float, float]
Object = tuple[str, str, Box]
"""Class, kind of shape (box or polygon) and the box around it."""
Images = Mapping[str, Sequence[Object]]
Size = tuple[int, int]
ROAD: Images = {
    "a.png": [("cap", "box", (10, 8, 30, 24)), ("lid", "polygon", (50, 10, 80, 40))],
    "b.png": [("lid", "box", (0, 0, 96, 64))],
    "c.png": [],
}


def corners(box: Box, scale: tuple[float, float] = (1, 1)) -> list[tuple[float, float]]:
    x0, y0, x1, y1 = (value * scale[place % 2] for place, value in enumerate(box))
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def scaled(box: Box, size: Size) -> Box:
    across, down = size[0] / WIDTH, size[1] / HEIGHT
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def cvat(images: Images, size: Size) -> dict[str, str]:
    lines = []
    for name, objects in images.items():
        inner = ""
        for label, kind, box in objects:
            x0, y0, x1, y1 = scaled(box, size)
            points = ";".join(f"{x},{y}" for x, y in corners((x0, y0, x1, y1)))
            sides = f'xtl="{x0}" ytl="{y0}" xbr="{x1}" ybr="{y1}"'
            inner += f'<{kind} label="{label}" {sides if kind == "box" else f"points={points!r}"}/>'
        lines.append(f"<image name={quoteattr(name)} width='{size[0]}' height='{size[1]}'>{inner}</image>")
    return {"annotations.xml": f"<annotations><version>1.1</version>{''.join(lines)}</annotations>"}


def cvat_video(images: Images, size: Size) -> dict[str, str]:
    """One track an object, seen in one frame; pictures are frames in the order of their names."""
    tracks = ""
    for frame, objects in enumerate(images.values()):
        for label, kind, box in objects:
            x0, y0, x1, y1 = scaled(box, size)
            points = ";".join(f"{x},{y}" for x, y in corners((x0, y0, x1, y1)))
            sides = f'xtl="{x0}" ytl="{y0}" xbr="{x1}" ybr="{y1}"'
            shape = sides if kind == "box" else f"points={points!r}"
            seen = f'<{kind} frame="{frame}" outside="0" occluded="0" keyframe="1" {shape}/>'
            gone = f'<{kind} frame="{frame + 1}" outside="1" occluded="0" keyframe="1" {shape}/>'
            tracks += f'<track id="0" label="{label}" source="manual">{seen}{gone}</track>'
    sides = f"<original_size><width>{size[0]}</width><height>{size[1]}</height></original_size>"
    task = f"<meta><task><size>{len(images)}</size>{sides}</task></meta>"
    return {"annotations.xml": f"<annotations><version>1.1</version>{task}{tracks}</annotations>"}


def label_studio(images: Images, size: Size) -> dict[str, str]:
    tasks = []
    for name, objects in images.items():
        results = []
        for label, kind, (x0, y0, x1, y1) in objects:
            share = (100 / WIDTH, 100 / HEIGHT)
            points = [list(point) for point in corners((x0, y0, x1, y1), share)]
            sides = {
                "x": points[0][0],
                "y": points[0][1],
                "width": (x1 - x0) * share[0],
                "height": (y1 - y0) * share[1],
            }
            key = "rectanglelabels" if kind == "box" else "polygonlabels"
            value = {**(sides if kind == "box" else {"points": points}), key: [label], "rotation": 0}
            results.append({"original_width": size[0], "original_height": size[1], "value": value, "type": key})
        tasks.append({"data": {"image": name}, "annotations": [{"was_cancelled": False, "result": results}]})
    return {"project.json": json.dumps(tasks)}


def via_regions(objects: Sequence[Object]) -> list[dict[str, Any]]:
    regions = []
    for label, kind, (x0, y0, x1, y1) in objects:
        xs, ys = zip(*corners((x0, y0, x1, y1)), strict=True)
        shape: dict[str, Any] = {"name": "polygon", "all_points_x": xs, "all_points_y": ys}
        if kind == "box":
            shape = {"name": "rect", "x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0}
        regions.append({"shape_attributes": shape, "region_attributes": {"quality": "", "label": label}})
    return regions


def via_json(images: Images, size: Size) -> dict[str, str]:
    entries = {f"{name}12": {"filename": name, "size": 12, "regions": via_regions(o)} for name, o in images.items()}
    return {"via.json": json.dumps(entries)}


def via_project(images: Images, size: Size) -> dict[str, str]:
    entries = {
        f"{name}12": {"filename": name, "regions": {str(n): one for n, one in enumerate(via_regions(objects))}}
        for name, objects in images.items()
    }
    return {"via.json": json.dumps({"_via_settings": {}, "_via_img_metadata": entries})}


def via_3_project(images: Images, size: Size) -> dict[str, str]:
    """Names, options and regions by id, as version 3 writes them."""
    options = {"0": "cap", "1": "lid"}
    regions = {}
    for number, (place, label, kind, box) in enumerate(
        (str(place), *one) for place, objects in enumerate(images.values(), start=1) for one in objects
    ):
        x0, y0, x1, y1 = box
        flat = [value for corner in corners(box) for value in corner]
        xy = [2, x0, y0, x1 - x0, y1 - y0] if kind == "box" else [7, *flat]
        chosen = next(key for key, text in options.items() if text == label)
        regions[f"{place}_{number}"] = {"vid": place, "flg": 0, "z": [], "xy": xy, "av": {"1": chosen}}
    document = {
        "project": {"pname": "caps", "data_format_version": "3.1.1"},
        "attribute": {"1": {"aname": "label", "anchor_id": "FILE1_Z0_XY1", "type": 4, "options": options}},
        "file": {str(n): {"fid": n, "fname": name, "type": 2} for n, name in enumerate(images, start=1)},
        "metadata": regions,
        "view": {str(n): {"fid_list": [n]} for n in range(1, len(images) + 1)},
    }
    return {"via.json": json.dumps(document)}


def via_csv(images: Images, size: Size) -> dict[str, str]:
    out = io.StringIO()
    writer = csv.writer(out)
    columns = "filename file_size file_attributes region_count region_id region_shape_attributes region_attributes"
    writer.writerow(columns.split())
    for name, objects in images.items():
        regions = via_regions(objects) or [{"shape_attributes": {}, "region_attributes": {}}]
        for number, one in enumerate(regions):
            parts = (json.dumps(one["shape_attributes"]), json.dumps(one["region_attributes"]))
            writer.writerow([name, 12, "{}", len(objects), number, *parts])
    return {"via.csv": out.getvalue()}


def coco(images: Images, size: Size) -> dict[str, str]:
    found = [(number, *one) for number, objects in enumerate(images.values()) for one in objects]
    annotations = []
    for place, (number, label, _, box) in enumerate(found):
        x0, y0, x1, y1 = scaled(box, size)
        outline = [value for corner in corners((x0, y0, x1, y1)) for value in corner]
        ids = {"id": place, "image_id": number, "category_id": 1 if label == "cap" else 2}
        annotations.append({**ids, "bbox": [x0, y0, x1 - x0, y1 - y0], "segmentation": [outline]})
    listed = [{"id": n, "file_name": name, "width": size[0], "height": size[1]} for n, name in enumerate(images)]
    categories = [{"id": 1, "name": "cap"}, {"id": 2, "name": "lid"}]
    return {"train.json": json.dumps({"images": listed, "annotations": annotations, "categories": categories})}


def voc(images: Images, size: Size) -> dict[str, str]:
    files = {}
    for number, (name, objects) in enumerate(images.items()):
        inner = f"<filename>{escape(name)}</filename><size><width>{size[0]}</width><height>{size[1]}</height></size>"
        for label, _, box in objects:
            sides = zip(("xmin", "ymin", "xmax", "ymax"), scaled(box, size), strict=True)
            bounds = "".join(f"<{side}>{value}</{side}>" for side, value in sides)
            inner += f"<object><name>{label}</name><bndbox>{bounds}</bndbox></object>"
        files[f"Annotations/x{number}.xml"] = f"<annotation>{inner}</annotation>"
    return files


Writer = Callable[[Images, Size], dict[str, str]]
SIZED: dict[str, tuple[Writer, DatasetFormat]] = {
    "cvat": (cvat, CVAT_BOXES),
    "label studio": (label_studio, LABEL_STUDIO_BOXES),
    "coco": (coco, COCO),
    "voc": (voc, PASCAL_VOC),
}
TOOLS: dict[str, tuple[Writer, DatasetFormat]] = {
    **SIZED,
    "via": (via_json, VIA_BOXES),
    "via project": (via_project, VIA_BOXES),
    "via csv": (via_csv, VIA_BOXES),
    "via 3 project": (via_3_project, VIA_BOXES),
    "cvat for video": (cvat_video, CVAT_BOXES),
}
NAMING = [tool for tool in TOOLS if tool != "cvat for video"]
"""Those that name pictures."""
MASKS: dict[str, tuple[Writer, DatasetFormat]] = {
    "cvat": (cvat, CVAT),
    "cvat for video": (cvat_video, CVAT),
    "label studio": (label_studio, LABEL_STUDIO),
    "via": (via_json, VIA),
    "via 3 project": (via_3_project, VIA),
    "coco": (coco, COCO_INSTANCES),
}


def upload(folder: Path, files: Mapping[str, str], *names: str) -> Upload:
    draw(folder, *names)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Upload(folder, list_files(folder), {})


def read(format: DatasetFormat, source: Upload) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """Rows by table, and findings by code."""
    assert format.read is not None
    conversion = format.read(source)
    rows = {str(role): table.to_pylist() for role, table in conversion.tables.items()}
    return rows, {one.code: one for one in conversion.findings}


def boxes(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[Any, ...]]]:
    sides = ("x_min", "y_min", "x_max", "y_max")
    return {
        Path(row["image"]).name: [
            (label, *(round(row[side][place], 4) for side in sides)) for place, label in enumerate(row["class_id"])
        ]
        for row in rows
    }


def truth(images: Images) -> dict[str, list[tuple[Any, ...]]]:
    return {name: [(label, *box) for label, _, box in objects] for name, objects in images.items()}


@pytest.mark.parametrize("tool", TOOLS)
def test_boxes_are_read_back_and_polygons_become_their_hull(tool: str, tmp_path: Path) -> None:
    write, format = TOOLS[tool]
    source = upload(tmp_path, write(ROAD, SIDES), *(f"images/{name}" for name in ROAD))

    rows, found = read(format, source)

    assert boxes(rows["train"]) == truth(ROAD)
    assert not set(found) & {"other_shapes", "mask_size", "scaled"}


@pytest.mark.parametrize("tool", SIZED)
def test_boxes_are_scaled_where_the_picture_has_another_size_of_the_same_ratio(tool: str, tmp_path: Path) -> None:
    write, format = SIZED[tool]
    source = upload(tmp_path, write(ROAD, (2 * WIDTH, 2 * HEIGHT)), *(f"images/{name}" for name in ROAD))

    rows, found = read(format, source)

    assert boxes(rows["train"]) == truth(ROAD)
    said = [one for code, one in found.items() if "scaled" in code]
    assert any("96 x 64, not 192 x 128" in one.found for one in said)


@pytest.mark.parametrize("tool", SIZED)
def test_pictures_of_another_ratio_are_left_out_with_both_sizes(tool: str, tmp_path: Path) -> None:
    write, format = SIZED[tool]
    square = write({"a.png": ROAD["a.png"]}, (WIDTH, WIDTH))
    same = write({"b.png": ROAD["b.png"]}, SIDES)
    files = {f"one/{name}": text for name, text in square.items()} | {
        f"two/{name}": text for name, text in same.items()
    }
    source = upload(tmp_path, files, "images/a.png", "images/b.png")

    rows, found = read(format, source)

    assert set(boxes(rows["train"])) == {"b.png"}
    assert any("96 x 64, not 96 x 96" in one.found for code, one in found.items() if "size" in code)


@pytest.mark.parametrize("tool", MASKS)
def test_polygons_are_filled_and_scaled_to_their_picture(tool: str, tmp_path: Path) -> None:
    write, format = MASKS[tool]
    images: Images = {"a.png": [("lid", "polygon", (50, 10, 80, 40))], "c.png": []}
    size = SIDES if tool.startswith("via") else (2 * WIDTH, 2 * HEIGHT)
    source = upload(tmp_path, write(images, size), *(f"images/{name}" for name in images))

    rows, _ = read(format, source)

    masks = {Path(row["image"]).name: row["rle_mask"] for row in rows["train"]}
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[10:40, 50:80] = True
    assert masks["c.png"] == []
    assert np.array_equal(decode(from_text(masks["a.png"][0]), HEIGHT, WIDTH), expected)


@pytest.mark.parametrize("tool", ["cvat", "label studio", "via"])
def test_a_picture_on_which_nothing_gives_a_mask_is_left_out_and_named(tool: str, tmp_path: Path) -> None:
    write, format = MASKS[tool]
    images: Images = {"a.png": ROAD["a.png"], "b.png": ROAD["b.png"], "c.png": []}
    source = upload(tmp_path, write(images, SIDES), *(f"images/{name}" for name in images))

    rows, found = read(format, source)

    assert {Path(row["image"]).name for row in rows["train"]} == {"a.png", "c.png"}
    assert "b.png" in found["nothing_used"].found


def test_what_nobody_annotated_in_label_studio_is_no_background(tmp_path: Path) -> None:
    tasks = json.loads(label_studio(ROAD, SIDES)["project.json"])
    tasks[1]["annotations"] = []
    tasks[2]["annotations"][0]["was_cancelled"] = True
    source = upload(tmp_path, {"project.json": json.dumps(tasks)}, *ROAD)

    rows, found = read(LABEL_STUDIO_BOXES, source)

    assert set(boxes(rows["train"])) == {"a.png"}
    assert (found["unannotated"].count, found["rejected"].count) == (1, 1)


@pytest.mark.parametrize(
    ("xy", "hull"),
    [
        ([3, 40, 30, 10], (30, 20, 50, 40)),
        ([4, 40, 30, 20, 10], (20, 20, 60, 40)),
        ([8, 20, 30, 40, 20, 60, 30, 40, 40], (20, 20, 60, 40)),
    ],
)
def test_shapes_of_via_3_become_their_hull(xy: list[float], hull: Box, tmp_path: Path) -> None:
    project = json.loads(via_3_project({"a.png": [("cap", "box", (0, 0, 1, 1))]}, SIDES)["via.json"])
    project["metadata"]["1_0"]["xy"] = xy
    project["metadata"]["of the whole image"] = {"vid": "1", "z": [], "xy": [], "av": {"1": "0"}}
    source = upload(tmp_path, {"via.json": json.dumps(project)}, "a.png")

    rows, _ = read(VIA_BOXES, source)

    assert boxes(rows["train"]) == {"a.png": [("cap", *hull)]}


@pytest.mark.parametrize("xy", [[7, 1, 2], [2, 1, 2], [2, "a", 1, 1, 1], {"2": 1}, [[2]]])
def test_an_image_with_a_region_of_via_3_that_cannot_be_read_is_left_out(xy: Any, tmp_path: Path) -> None:
    project = json.loads(via_3_project(ROAD, SIDES)["via.json"])
    project["metadata"]["1_0"]["xy"] = xy
    source = upload(tmp_path, {"via.json": json.dumps(project)}, *ROAD)

    rows, found = read(VIA_BOXES, source)

    assert set(boxes(rows["train"])) == {"b.png", "c.png"}
    assert any("a.png" in example for one in found.values() for example in one.examples)


def test_regions_of_via_without_attributes_have_one_class(tmp_path: Path) -> None:
    entries = json.loads(via_json({"a.png": ROAD["a.png"]}, SIDES)["via.json"])
    for region in entries["a.png12"]["regions"]:
        region["region_attributes"] = {}
    source = upload(tmp_path, {"via.json": json.dumps(entries)}, "a.png")

    rows, found = read(VIA_BOXES, source)

    assert rows["train"][0]["class_id"] == ["object", "object"]
    assert found["no_class_names"].level == "note"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        (
            "via.json",
            '{"a": {"filename": "a.png", "regions": [{"shape_attributes": {}, "region_attributes"',
            "damaged JSON",
        ),
        ("via.csv", "filename,region_shape_attributes,region_attributes\na.png,{},{},9\n", "4 values in row 1"),
    ],
)
def test_a_damaged_file_of_via_is_recognised_and_refused_with_the_reason(
    name: str, text: str, found: str, tmp_path: Path
) -> None:
    source = upload(tmp_path, {name: text}, "a.png")

    assert VIA_BOXES.recognise(source) is not None
    assert VIA.recognise(source) is None
    with pytest.raises(DatasetError) as caught:
        read(VIA_BOXES, source)

    assert caught.value.found == found


names = st.text(st.sampled_from("abcéü Ж中_-()0"), min_size=1, max_size=8).map(str.strip).filter(bool)
shapes = st.tuples(
    st.sampled_from(["cap", "lid"]),
    st.sampled_from(["box", "polygon"]),
    st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(41, 96), st.integers(31, 64)),
)
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda name: name,
    "encoded": quote,
    "of another machine": lambda name: f"/content/data/images/{name}",
    "of Windows": lambda name: f"C:\\data\\images\\{name}",
    "an address": lambda name: f"https://host.example/files/{quote(name)}?token=1",
    "a local file of Label Studio": lambda name: f"/data/local-files/?d=images/{quote(name)}",
    "uploaded to Label Studio": lambda name: f"/data/upload/3/0a1b2c3d-{quote(name)}",
}


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    stems=st.lists(names, min_size=2, max_size=4, unique_by=lambda name: name.casefold()),
    found=st.lists(st.lists(shapes, min_size=1, max_size=3), min_size=4, max_size=4),
    tool=st.sampled_from(NAMING),
    spelling=st.sampled_from(list(SPELLINGS)),
)
def test_generated_exports_are_read_back_whatever_names_became(
    stems: list[str],
    found: list[list[Object]],
    tool: str,
    spelling: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Of one picture the file is missing, which costs its own row alone and is named."""
    write, format = TOOLS[tool]
    objects = dict(zip((f"{stem}.png" for stem in stems), found, strict=False))
    missing = f"{stems[-1]}.png"
    written = write({SPELLINGS[spelling](name): one for name, one in objects.items()}, SIDES)
    there = [f"images/{name}" for name in objects if name != missing]

    rows, codes = read(format, upload(tmp_path_factory.mktemp("export"), written, *there))

    kept = {name: one for name, one in objects.items() if name != missing}
    assert boxes(rows["train"]) == truth(kept)
    said = " ".join(example for one in codes.values() for example in one.examples)
    assert stems[-1] in unquote(said)


angles = st.integers(-360, 360)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(degrees=angles, width=st.integers(1, 50), height=st.integers(1, 50))
def test_turning_keeps_sides_and_turns_clockwise(degrees: int, width: int, height: int) -> None:
    outline = np.array(rectangle(3, 4, width, height, degrees)).reshape(4, 2)
    middle = np.array(centred_rectangle(3, 4, width, height, degrees)).reshape(4, 2)

    for points in (outline, middle):
        sides = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
        np.testing.assert_allclose(sides, [width, height, width, height], atol=1e-9, equal_nan=False)
        direction = points[1] - points[0]
        expected = [width * math.cos(math.radians(degrees)), width * math.sin(math.radians(degrees))]
        np.testing.assert_allclose(direction, expected, atol=1e-9, equal_nan=False)
    np.testing.assert_allclose(outline[0], [3, 4], atol=1e-9, equal_nan=False)
    np.testing.assert_allclose(middle.mean(axis=0), [3, 4], atol=1e-9, equal_nan=False)


def test_the_corners_of_an_ellipse_lie_on_it() -> None:
    x, y = np.array(ellipse(10, 20, 6, 3)).reshape(-1, 2).T

    np.testing.assert_allclose(((x - 10) / 6) ** 2 + ((y - 20) / 3) ** 2, 1, atol=1e-9, equal_nan=False)


def test_frames_of_a_video_are_found_by_their_numbers(tmp_path: Path) -> None:
    """Frame 3 is named by its shape and has no picture, frame 1 has a picture and nothing on it."""
    video = cvat_video({"0": ROAD["a.png"], "1": [], "2": ROAD["b.png"], "3": ROAD["a.png"]}, (2 * WIDTH, 2 * HEIGHT))
    source = upload(tmp_path, video, *(f"images/frame_{number:06}.png" for number in range(3)))

    rows, found = read(CVAT_BOXES, source)

    expected = {"frame_000000.png": ROAD["a.png"], "frame_000001.png": [], "frame_000002.png": ROAD["b.png"]}
    assert boxes(rows["train"]) == truth(expected)
    assert any("frame_000003" in example for one in found.values() for example in one.examples)


@pytest.mark.parametrize(("turned", "expected"), [("", (40, 22, 60, 42)), ('rotation="90"', (40, 22, 60, 42))])
def test_turned_boxes_of_cvat_become_their_hull(turned: str, expected: Box, tmp_path: Path) -> None:
    box = f'<box label="cap" xtl="40" ytl="22" xbr="60" ybr="42" {turned}/>'
    xml = f'<annotations><image name="a.png" width="{WIDTH}" height="{HEIGHT}">{box}</image></annotations>'

    rows, _ = read(CVAT_BOXES, upload(tmp_path, {"a.xml": xml}, "a.png"))

    assert boxes(rows["train"]) == {"a.png": [("cap", *expected)]}


def test_a_turned_box_is_a_mask_and_an_upright_one_is_none(tmp_path: Path) -> None:
    box = '<box label="cap" xtl="40" ytl="22" xbr="60" ybr="42" rotation="45"/><polyline label="x"/>'
    xml = f'<annotations><image name="a.png" width="{WIDTH}" height="{HEIGHT}">{box}</image></annotations>'

    rows, _ = read(CVAT, upload(tmp_path, {"a.xml": xml}, "a.png"))

    mask = decode(from_text(rows["train"][0]["rle_mask"][0]), HEIGHT, WIDTH)
    assert 0.9 * 400 < mask.sum() < 1.1 * 400
    assert not mask[23, 41]


@pytest.mark.parametrize(
    "inner",
    [
        "<robndbox><cx>50</cx><cy>32</cy><w>20</w><h>10</h><angle>1.5707963267948966</angle></robndbox>",
        "<polygon><x1>45</x1><y1>22</y1><x2>55</x2><y2>22</y2><x3>55</x3><y3>42</y3><x4>45</x4><y4>42</y4></polygon>",
    ],
)
def test_turned_boxes_and_polygons_of_pascal_voc_become_their_hull(inner: str, tmp_path: Path) -> None:
    xml = f"<annotation><filename>a.png</filename><object><name>cap</name>{inner}</object></annotation>"

    rows, _ = read(PASCAL_VOC, upload(tmp_path, {"a.xml": xml}, "a.png"))

    assert boxes(rows["train"]) == {"a.png": [("cap", 45, 22, 55, 42)]}


@pytest.mark.parametrize("tool", [one for one in TOOLS if one != "via csv"])
def test_a_coordinate_a_hair_over_the_border_is_cut_at_import(tool: str, tmp_path: Path, import_files: Any) -> None:
    write, format = TOOLS[tool]
    over: Images = {"a.png": [("cap", "box", (0, 0, WIDTH + 1e-3, HEIGHT))], "b.png": [("lid", "box", (1, 1, 9, 9))]}
    upload(tmp_path / "in", write(over, SIDES), "images/a.png", "images/b.png")

    data = import_files(tmp_path / "in", {"problem_type": "image_object_detection", "format": format.id})

    assert boxes(data.table("train.parquet").to_dict("records"))["a.png"] == [("cap", 0, 0, WIDTH, HEIGHT)]


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(bits=st.lists(st.booleans(), min_size=12, max_size=12), factor=st.integers(1, 4))
def test_a_mask_that_is_made_larger_and_smaller_comes_back(bits: list[bool], factor: int) -> None:
    mask = np.array(bits).reshape(3, 4)

    large = resized_runs(encode(mask), (4, 3), (4 * factor, 3 * factor))

    assert np.array_equal(decode(large, 3 * factor, 4 * factor), np.kron(mask, np.ones((factor, factor), bool)))
    assert np.array_equal(decode(resized_runs(large, (4 * factor, 3 * factor), (4, 3)), 3, 4), mask)
