"""Masks as tools write them give the same pixels as lists of run lengths; what is odd about them is said."""

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
from studio.datasets.masks.polygons import PolygonError, polygon_runs
from studio.datasets.masks.run_lengths import decode, from_text

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
