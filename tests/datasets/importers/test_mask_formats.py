"""Masks as tools write them give the same pixels as lists of run lengths; what is odd about them is said."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from studio.datasets.dataset import Dataset
from studio.datasets.masks.brush import decode_brush
from studio.datasets.masks.pixel_order import from_row_order, to_row_order
from studio.datasets.masks.polygons import PolygonError, polygon_runs
from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text

SIZE = (10, 12)
"""Height and width."""
Masks = dict[str, NDArray[np.bool_]]


def pixels(data: Dataset) -> dict[str, Masks]:
    """File -> class -> mask, of every table with masks."""
    found: dict[str, Masks] = {}
    for table in data.manifest.tables:
        frame = data.table(table.name)
        if "rle_mask" not in frame.columns:
            continue
        for image, names, texts in zip(frame["image"], frame["class_id"], frame["rle_mask"], strict=True):
            masks = found.setdefault(Path(image).name, {})
            for name, text in zip(names, texts, strict=True):
                mask = decode(from_text(text), *SIZE)
                masks[name] = masks.get(name, np.zeros(SIZE, bool)) | mask
    return found


def write_images(folder: Path, count: int = 3) -> Path:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for number in range(count):
        generator = np.random.default_rng(number)
        picture = Image.fromarray(generator.integers(0, 255, (*SIZE, 3), dtype=np.uint8))
        picture.save(folder / "images" / f"{number}.png")
    return folder


def rectangle(left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
    mask = np.zeros(SIZE, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def corners(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


CAT, DOG = (2, 1, 7, 6), (5, 4, 12, 10)
EXPECTED: Mapping[str, Masks] = {
    "0.png": {"cat": rectangle(*CAT), "dog": rectangle(*DOG)},
    "1.png": {"dog": rectangle(*DOG)},
}


def assert_same(found: dict[str, Masks], expected: Mapping[str, Masks] = EXPECTED) -> None:
    assert {name: set(masks) for name, masks in found.items() if masks} == {n: set(m) for n, m in expected.items()}
    for name, masks in expected.items():
        for label, mask in masks.items():
            assert (found[name][label] == mask).all(), (name, label)


def test_polygons_of_yolo(tmp_path: Path, scan_files: Any, import_files: Any) -> None:
    source = write_images(tmp_path / "in")
    (source / "labels").mkdir()
    (source / "data.yaml").write_text("names: [cat, dog]\n")
    objects = {"0": [(0, CAT), (1, DOG)], "1": [(1, DOG)], "2": []}
    for name, found in objects.items():
        lines = [
            f"{index} " + " ".join(f"{x / SIZE[1]:.6f} {y / SIZE[0]:.6f}" for x, y in corners(*box))
            for index, box in found
        ]
        (source / "labels" / f"{name}.txt").write_text("\n".join(lines) + "\n" * bool(lines))

    scan = scan_files(source)
    data = import_files(source, {"problem_type": "image_semantic_segmentation"})

    # A line is an object, which is more than the pixels of its class.
    assert (scan.choices.problem_type, scan.choices.format) == ("image_instance_segmentation", "yolo")
    assert_same(pixels(data))
    assert "2.png" in set(data.table("train.parquet")["image"].map(lambda name: Path(name).name))


@pytest.mark.parametrize("line", ["0 0.1 0.1 0.5 0.1 0.5", "0 0.1 0.1 0.5 0.1 1.5 0.5", "0 0.1 0.1 0.5 x 0.5 0.5"])
def test_a_line_that_is_no_polygon_leaves_its_image_out(tmp_path: Path, import_files: Any, line: str) -> None:
    source = write_images(tmp_path / "in")
    (source / "labels").mkdir()
    (source / "data.yaml").write_text("names: [cat, dog]\n")
    for name in "012":
        (source / "labels" / f"{name}.txt").write_text("1 0.1 0.1 0.5 0.1 0.5 0.5\n" + (line if name == "0" else ""))

    data = import_files(source)

    assert set(pixels(data)) == {"1.png", "2.png"}
    finding = next(one for one in data.findings() if one.code == "yolo_line")
    assert "line 2" in finding.found


def _inside(polygon: list[tuple[float, float]], x: float, y: float) -> bool:
    """Even-odd rule, point by point."""
    inside = False
    for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (ax <= x) != (bx <= x) and y > ay + (x - ax) * (by - ay) / (bx - ax):
            inside = not inside
    return inside


EIGHTHS = st.integers(-40, 140).map(lambda number: number / 8)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(polygon=st.lists(st.tuples(EIGHTHS, EIGHTHS), min_size=3, max_size=9))
def test_a_polygon_has_the_pixels_whose_middle_lies_in_it(polygon: list[tuple[float, float]]) -> None:
    """Also where it crosses itself, has no area, or leaves the image."""
    runs = polygon_runs([[value for corner in polygon for value in corner]], SIZE[1], SIZE[0])

    expected = [[_inside(polygon, x + 0.5, y + 0.5) for x in range(SIZE[1])] for y in range(SIZE[0])]
    ours = decode(runs, *SIZE)
    # A middle that lies on an edge may go either way.
    differing = np.argwhere(ours != np.array(expected))
    assert all(_touches(polygon, x + 0.5, y + 0.5) for y, x in differing)


def _touches(polygon: list[tuple[float, float]], x: float, y: float) -> bool:
    for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) < 1e-9 and min(ax, bx) - 1e-9 <= x <= max(ax, bx) + 1e-9:
            return True
    return False


@pytest.mark.parametrize("polygon", [[], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7]])
def test_too_few_corners_are_no_polygon(polygon: list[float]) -> None:
    with pytest.raises(PolygonError):
        polygon_runs([polygon], 8, 8)


def test_huge_coordinates_are_cut_off_and_endless_edges_refused() -> None:
    assert decode(polygon_runs([[-1e300, -1e300, 1e300, -1e300, 1e300, 1e300, -1e300, 1e300]], 12, 10), 10, 12).all()
    zigzag = [value for number in range(4000) for value in (0.0 if number % 2 else 16000.0, float(number))]
    with pytest.raises(PolygonError, match="too many"):
        polygon_runs([zigzag], 16000, 4000)


def rows_of(mask: NDArray[np.bool_], *, along_rows: bool) -> str:
    """Run lengths as the rules of a competition write them, in plain Python."""
    flat = [bool(value) for line in (mask if along_rows else mask.T) for value in line]
    starts = [at for at, value in enumerate(flat) if value and (at == 0 or not flat[at - 1])]
    ends = [at for at, value in enumerate(flat) if value and (at + 1 == len(flat) or not flat[at + 1])]
    return " ".join(f"{start + 1} {end - start + 1}" for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize("along_rows", [False, True])
@pytest.mark.parametrize("layout", ["class column", "class behind the name", "no endings"])
def test_a_table_with_a_row_a_mask(
    tmp_path: Path, scan_files: Any, import_files: Any, along_rows: bool, layout: str
) -> None:
    """Which way runs count is told by how the masks look."""
    source = write_images(tmp_path / "in")
    lines = ["ImageId_ClassId,EncodedPixels" if layout == "class behind the name" else "ImageId,EncodedPixels,ClassId"]
    for name in ("0", "1", "2"):
        for label in ("cat", "dog"):
            mask = EXPECTED.get(f"{name}.png", {}).get(label, np.zeros(SIZE, bool))
            text = rows_of(mask, along_rows=along_rows)
            image = name if layout == "no endings" else f"{name}.png"
            lines.append(f"{image}_{label},{text}" if layout == "class behind the name" else f"{image},{text},{label}")
    (source / "train.csv").write_text("\n".join(lines) + "\n")

    scan = scan_files(source)
    data = import_files(source)

    assert scan.choices.problem_type == "image_semantic_segmentation"
    assert scan.choices.format == ("mask_rows_along" if along_rows else "mask_rows")
    assert_same(pixels(data))
    assert len(data.table(data.manifest.tables[0].name)) == 3


def test_lists_of_masks_along_the_rows_are_turned(tmp_path: Path, scan_files: Any, import_files: Any) -> None:
    source = write_images(tmp_path / "in")
    rows = []
    for name, masks in EXPECTED.items():
        texts = [rows_of(mask, along_rows=True) for mask in masks.values()]
        rows.append({"image": name, "class_id": list(masks), "rle_mask": texts})
    (source / "train.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")

    assert scan_files(source).choices.format == "mask_rows_along"
    assert_same(pixels(import_files(source)))
    plain = import_files(source, {"problem_type": "image_semantic_segmentation", "format": "table"}, "plain")
    assert "rle_row_order" in {one.code for one in plain.findings()}


def test_runs_that_are_none_are_told_with_their_image(tmp_path: Path, import_files: Any) -> None:
    source = write_images(tmp_path / "in", 4)
    good = rows_of(EXPECTED["0.png"]["cat"], along_rows=False)
    rows = f"0.png,{good}\n1.png,1 3 9\n2.png,110 40\n3.png,{good}\n"
    (source / "train.csv").write_text(f"ImageId,EncodedPixels\n{rows}")
    choices = {"problem_type": "image_semantic_segmentation", "format": "mask_rows"}

    data = import_files(source, choices)

    assert set(pixels(data)) == {"0.png", "3.png"}
    assert {"rle_pairs", "mask_size"} <= {one.code for one in data.findings()}


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(bits=st.lists(st.booleans(), min_size=20, max_size=20), width=st.sampled_from([1, 2, 4, 5, 10, 20]))
def test_masks_come_back_from_either_order(bits: list[bool], width: int) -> None:
    mask = np.array(bits).reshape(20 // width, width)
    runs = encode(mask)

    along = to_row_order(runs, width, 20 // width)

    assert to_text(along) == rows_of(mask, along_rows=True)
    assert np.array_equal(from_row_order(along, width, 20 // width), runs)


def cvat_mask(label: str, mask: NDArray[np.bool_], left: int, top: int, width: int, height: int) -> str:
    counts, inside = [0], False
    for value in mask[top : top + height, left : left + width].ravel():
        if bool(value) != inside:
            counts.append(0)
            inside = bool(value)
        counts[-1] += 1
    rle = ", ".join(map(str, counts))
    return f'<mask label="{label}" rle="{rle}" left="{left}" top="{top}" width="{width}" height="{height}"/>'


def cvat(images: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>{images}</annotations>'


def cvat_image(name: str, inner: str, width: int = SIZE[1], subset: str = "") -> str:
    return f'<image id="1" name="{name}" subset="{subset}" width="{width}" height="{SIZE[0]}">{inner}</image>'


def points(box: tuple[int, int, int, int]) -> str:
    return ";".join(f"{x}.00,{y}.00" for x, y in corners(*box))


def test_masks_and_polygons_of_cvat(tmp_path: Path, scan_files: Any, import_files: Any) -> None:
    source = write_images(tmp_path / "in", 4)
    dog = EXPECTED["0.png"]["dog"]
    hollow = rectangle(1, 1, 9, 9) & ~rectangle(3, 3, 6, 6)
    first = f'<polygon label="cat" points="{points(CAT)}"/>' + cvat_mask("dog", dog, 4, 3, 8, 7)
    second = cvat_mask("dog", dog, 0, 0, 12, 10) + '<box label="dog" xtl="1" ytl="1" xbr="2" ybr="2"/>'
    (source / "annotations.xml").write_text(
        cvat(
            cvat_image("0.png", first, subset="Train")
            + cvat_image("1.png", second)
            + cvat_image("2.png", "")
            + cvat_image("3.png", cvat_mask("dog", hollow, 1, 1, 8, 8), subset="Validation")
        )
    )

    scan = scan_files(source)
    data = import_files(source)

    assert (scan.choices.problem_type, scan.choices.format) == ("image_instance_segmentation", "cvat")
    assert_same(pixels(data), {**EXPECTED, "3.png": {"dog": hollow}})
    assert [table.role for table in data.manifest.tables] == ["train", "validation"]
    assert next(one for one in data.findings() if one.code == "other_shapes").found == "images/1.png: box"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ('<mask label="cat" rle="3, 4" left="0" top="0" width="3" height="3"/>', "drawn_mask"),
        ('<mask label="cat" rle="9, -1, 1" left="0" top="0" width="3" height="3"/>', "drawn_mask"),
        ('<mask label="cat" rle="9" left="0" top="0" width="300000" height="300000"/>', "drawn_mask"),
        ('<polygon label="cat" points="1,1;2,2"/>', "drawn_mask"),
        ('<polygon label="cat" points="1,1;2,x;3,4"/>', "drawn_mask"),
        (f'<polygon points="{points(CAT)}"/>', "no_class"),
    ],
)
def test_what_is_no_mask_of_cvat_leaves_its_image_out(tmp_path: Path, import_files: Any, inner: str, code: str) -> None:
    source = write_images(tmp_path / "in", 4)
    good = f'<polygon label="dog" points="{points(DOG)}"/>'
    images = cvat_image("0.png", inner) + cvat_image("1.png", good) + cvat_image("2.png", good, width=13)
    images += cvat_image("3.png", good) + cvat_image("lost.png", good)
    (source / "annotations.xml").write_text(cvat(images))

    data = import_files(source)

    assert set(pixels(data)) == {"1.png", "3.png"}
    assert {code, "mask_size", "no_image"} <= {one.code for one in data.findings()}


def test_an_entity_bomb_of_cvat_is_refused(tmp_path: Path, scan_files: Any) -> None:
    source = write_images(tmp_path / "in")
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]>' + cvat(
        cvat_image("0.png", f'<polygon label="a" points="{points(CAT)}"/>')
    )
    (source / "annotations.xml").write_text(bomb)

    scan = scan_files(source)

    assert scan.error is not None
    assert "document type" in scan.error.message


def brush(mask: NDArray[np.bool_], *, runs: bool) -> list[int]:
    """As the brush of Label Studio writes a mask: runs, or single words."""
    values = np.repeat(mask.ravel().astype(np.uint8) * 255, 4)
    bits = f"{len(values):032b}" + f"{7:05b}" + "".join(f"{length - 1:04b}" for length in (3, 4, 8, 16))
    at = 0
    while at < len(values):
        end = at
        while end < len(values) and values[end] == values[at] and end - at < 1 << 16:
            end += 1
        if runs:
            bits += "1" + "11" + f"{end - at - 1:016b}" + f"{values[at]:08b}"
        else:
            end = min(end, at + 8)
            bits += "0" + "00" + f"{end - at - 1:03b}" + "".join(f"{value:08b}" for value in values[at:end])
        at = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]


def region(kind: str, label: str, value: dict[str, Any], width: int = SIZE[1]) -> dict[str, Any]:
    sizes = {"original_width": width, "original_height": SIZE[0]}
    return {"type": kind, **sizes, "value": {**value, kind: [label]}}


def percents(box: tuple[int, int, int, int]) -> list[list[float]]:
    return [[x / SIZE[1] * 100, y / SIZE[0] * 100] for x, y in corners(*box)]


def task(name: str, *regions: dict[str, Any]) -> dict[str, Any]:
    address = f"/data/upload/1/0a1b2c3d-{name}"
    return {"id": 1, "data": {"image": address}, "annotations": [{"was_cancelled": False, "result": list(regions)}]}


@pytest.mark.parametrize("runs", [True, False])
@pytest.mark.parametrize("is_minimal", [True, False])
def test_brush_strokes_and_polygons_of_label_studio(
    tmp_path: Path, scan_files: Any, import_files: Any, runs: bool, is_minimal: bool
) -> None:
    source = write_images(tmp_path / "in")
    stroke = region("brushlabels", "cat", {"format": "rle", "rle": brush(EXPECTED["0.png"]["cat"], runs=runs)})
    outline = region("polygonlabels", "dog", {"points": percents(DOG), "closed": True})
    document: list[dict[str, Any]] = [task("0.png", stroke, outline), task("1.png", outline), task("2.png")]
    if is_minimal:
        document = [
            {
                "image": one["data"]["image"],
                "tag": [{**part, **part["value"]} for part in one["annotations"][0]["result"]],
            }
            for one in document
        ]
    (source / "project-1.json").write_text(json.dumps(document))

    scan = scan_files(source)
    data = import_files(source)

    assert (scan.choices.problem_type, scan.choices.format) == ("image_instance_segmentation", "label_studio")
    assert_same(pixels(data))


def test_what_is_odd_about_an_export_of_label_studio_is_said(tmp_path: Path, import_files: Any) -> None:
    source = write_images(tmp_path / "in", 6)
    outline = region("polygonlabels", "dog", {"points": percents(DOG)})
    twice = task("1.png", outline, {"type": "choices", "value": {"choices": ["x"]}})
    twice["annotations"].append({"result": []})
    cut = brush(EXPECTED["0.png"]["cat"], runs=True)[:-3]
    document = [
        task("0.png", region("brushlabels", "cat", {"rle": cut})),
        twice,
        task("2.png", region("polygonlabels", "dog", {"points": percents(DOG)}, width=13)),
        task("3.png", region("polygonlabels", "dog", {"points": [[1, 2], [3, 4]]})),
        task("4.png", region("polygonlabels", "", {"points": percents(DOG)})),
        task("lost.png", outline),
        task("5.png", outline),
        7,
    ]
    (source / "project.json").write_text(json.dumps(document))

    data = import_files(source)

    assert set(pixels(data)) == {"1.png", "5.png"}
    codes = {one.code for one in data.findings()}
    assert {"drawn_mask", "mask_size", "no_class", "no_image", "other_shapes", "other_annotators"} <= codes


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(bits=st.lists(st.booleans(), min_size=12, max_size=12), runs=st.booleans())
def test_a_brush_mask_comes_back(bits: list[bool], runs: bool) -> None:
    mask = np.array(bits).reshape(3, 4)

    assert np.array_equal(decode_brush(brush(mask, runs=runs), 4, 3), mask)


def test_colours_of_cvat_with_a_folder_of_objects_beside_them(
    tmp_path: Path, scan_files: Any, import_files: Any
) -> None:
    """Segmentation mask 1.1: labelmap.txt, SegmentationClass in colours of classes, SegmentationObject in others."""
    source = write_images(tmp_path / "in")
    (source / "images").rename(source / "JPEGImages")
    (source / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\ndog:0,128,0::\n"
    )
    dog_on_top = {"0.png": {**EXPECTED["0.png"]}, "1.png": EXPECTED["1.png"]}
    dog_on_top["0.png"]["cat"] = EXPECTED["0.png"]["cat"] & ~EXPECTED["0.png"]["dog"]
    for name in ("0.png", "1.png", "2.png"):
        colours, objects = np.zeros((*SIZE, 3), np.uint8), np.zeros((*SIZE, 3), np.uint8)
        for number, (label, mask) in enumerate(dog_on_top.get(name, {}).items()):
            colours[mask] = (128, 0, 0) if label == "cat" else (0, 128, 0)
            objects[mask] = (40 * (number + 1), 7, 200)
        for folder, picture in (("SegmentationClass", colours), ("SegmentationObject", objects)):
            (source / folder).mkdir(exist_ok=True)
            Image.fromarray(picture).save(source / folder / name)

    assert scan_files(source).choices.format == "mask_images"
    assert_same(pixels(import_files(source)), dog_on_top)


@pytest.mark.parametrize("along_rows", [False, True])
def test_rows_of_one_image_without_classes_are_objects(
    tmp_path: Path, scan_files: Any, import_files: Any, along_rows: bool
) -> None:
    source = write_images(tmp_path / "in")
    boxes = [CAT, DOG, (0, 8, 3, 10)]
    lines = [f"{image},{rows_of(rectangle(*box), along_rows=along_rows)}" for image in range(3) for box in boxes]
    (source / "train.csv").write_text("ImageId,EncodedPixels\n" + "\n".join(lines) + "\n")

    scan = scan_files(source)
    frame = import_files(source).table("train.parquet")

    assert scan.choices.problem_type == "image_instance_segmentation"
    assert [len(cell) for cell in frame["rle_mask"]] == [3, 3, 3]
    for cell in frame["rle_mask"]:
        masks = [decode(from_text(text), *SIZE) for text in cell]
        assert all((mask == rectangle(*box)).all() for mask, box in zip(masks, boxes, strict=True))
