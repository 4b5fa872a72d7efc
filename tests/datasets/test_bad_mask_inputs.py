"""Rows E87, E88 and E92 of the catalogue of bad inputs: masks, as run lengths and as pictures."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from studio.datasets.dataset import Dataset
from studio.datasets.masks.mask_part import MaskPart
from tests.datasets.bad_cases import Case, check_case, classes, found, handled, refused, row_count

WIDTH, HEIGHT = 8, 6
GOOD = {"class_id": ["cat"], "rle_mask": ["1 3 10 2"]}


def picture(width: int = WIDTH, height: int = HEIGHT, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return packed(Image.fromarray(pixels))


def packed(image: Image.Image, kind: str = "PNG") -> bytes:
    data = BytesIO()
    image.save(data, kind)
    return data.getvalue()


ROLES = {"image_column": "image", "class_name_column": "class_id", "rle_mask_column": "rle_mask"}
TABLE = {"problem_type": "image_semantic_segmentation", "roles": ROLES}
"""The columns chosen: what is in them need not look like masks."""


def masks(*rows: dict[str, Any]) -> Callable[[Path], Path]:
    """A table of four good rows and these."""

    def make(folder: Path) -> Path:
        (folder / "images").mkdir(parents=True)
        every = [GOOD] * 4 + list(rows)
        for number in range(len(every)):
            (folder / "images" / f"{number}.png").write_bytes(picture(seed=number))
        frame = pd.DataFrame([{"image": f"{number}.png", **row} for number, row in enumerate(every)])
        frame.to_parquet(folder / "train.parquet")
        return folder

    return make


def rle(text: str) -> Callable[[Path], Path]:
    return masks({"class_id": ["cat"], "rle_mask": [text]})


def files(masks: dict[str, bytes], count: int = 4, others: dict[str, str] | None = None) -> Callable[[Path], Path]:
    """Pictures 0 to count, and masks of them."""

    def make(folder: Path) -> Path:
        for number in range(count):
            write(folder / "images" / f"{number}.png", picture(seed=number))
        for name, data in masks.items():
            write(folder / "masks" / name, data)
        for name, text in (others or {}).items():
            write(folder / name, text.encode())
        return folder

    return make


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def grey(*values: int, size: tuple[int, int] = (WIDTH, HEIGHT), kind: str = "PNG") -> bytes:
    """A mask with one pixel of each value, on 0."""
    pixels = np.zeros((size[1], size[0]), dtype=np.uint8)
    pixels.flat[: len(values)] = values
    return packed(Image.fromarray(pixels), kind)


def coloured(*colours: tuple[int, int, int]) -> bytes:
    pixels = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels.reshape(-1, 3)[: len(colours)] = colours
    return packed(Image.fromarray(pixels))


def deep() -> bytes:
    """A number above 255 in every pixel."""
    return packed(Image.fromarray(np.arange(WIDTH * HEIGHT, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 7))


def objects(folder: Path) -> Path:
    """A picture whose mask numbers every pixel."""
    write(folder / "images" / "0.png", picture(30, 20))
    write(folder / "masks" / "0.png", packed(Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30))))
    return folder


def coco(*annotations: dict[str, Any], size: tuple[int, int] = (WIDTH, HEIGHT)) -> Callable[[Path], Path]:
    """Four pictures with a polygon each, and further annotations of the first."""

    def make(folder: Path) -> Path:
        square = {"segmentation": [[1, 1, 4, 1, 4, 4, 1, 4]], "category_id": 1, "iscrowd": 0}
        images, objects = [], []
        for number in range(4):
            write(folder / "images" / f"{number}.png", picture(seed=number))
            images.append({"id": number, "file_name": f"{number}.png", "width": size[0], "height": size[1]})
            objects.append({"image_id": number, "id": number, **square})
        for number, one in enumerate(annotations, start=4):
            objects.append({"image_id": 0, "id": number, **square, **one})
        categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
        document = {"images": images, "annotations": objects, "categories": categories}
        write(folder / "train.json", json.dumps(document).encode())
        return folder

    return make


def pixels_of(**expected: int) -> Callable[[Dataset], bool]:
    """Whether the classes have so many pixels in the whole dataset."""

    def holds(data: Dataset) -> bool:
        table = data.table(data.manifest.tables[0].name)
        counts: dict[str, int] = {}
        for names, texts in zip(table["class_id"], table["rle_mask"], strict=True):
            for name, text in zip(names, texts, strict=True):
                counts[name] = counts.get(name, 0) + sum(map(int, text.split()[1::2]))
        return {name: count for name, count in counts.items() if count} == expected

    return holds


FOUR = {f"{number}.png": grey(1) for number in range(4)}
CASES = [
    found("E87", "a mask larger than its image", rle("40 20"), "mask_size", (5,), met="59 of 48", right="size"),
    found("E87", "a picture of another size", files({**FOUR, "3.png": grey(1, size=(9, 6))}), "mask_size", met="9 x 6"),
    found(
        "E87",
        "a mask at twice the size",
        files({**FOUR, "3.png": grey(1, size=(16, 12))}),
        "mask_scaled",
        holds=row_count(4),
        met="16 x 12 for 8 x 6",
    ),
    found(
        "E87",
        "a JPEG of fuzzy values",
        files({**FOUR, "3.jpg": grey(1, 200, 90, kind="JPEG")} | {"3.png": grey(1)}),
        "mask_jpeg",
        holds=row_count(3),
        met="no PNG",
        right="PNG",
    ),
    found(
        "E87", "colours without a map", files({**FOUR, "3.png": coloured((9, 2, 3))}), "mask_colours", right="labelmap"
    ),
    handled(
        "E87",
        "colours with a map",
        files(
            {f"{number}.png": coloured((200, 0, 0), (0, 9, 0), (0, 9, 0)) for number in range(4)},
            others={
                "labelmap.txt": "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:200,0,0::\ndog:0,9,0::\n"
            },
        ),
        pixels_of(cat=4, dog=8),
    ),
    found(
        "E87",
        "a value of no listed class",
        files({**FOUR, "3.png": grey(1, 7)}, others={"classes.txt": "background\ncat\n"}),
        "mask_unknown_value",
        holds=pixels_of(cat=4),
        met="value 7",
        right="listed classes",
    ),
    found(
        "E87",
        "255 beside other values is unlabelled",
        files({**FOUR, "3.png": grey(1, 255, 255)}),
        "mask_unlabelled",
        holds=classes("1"),
        met="255",
    ),
    handled(
        "E87", "255 alone is the foreground", files({f"{n}.png": grey(255) for n in range(4)}), classes("foreground")
    ),
    found("E87", "a damaged mask", files({**FOUR, "3.png": grey(1)[:45]}), "mask_damaged", holds=row_count(3)),
    found(
        "E87", "a mask without picture", files({**FOUR, "9.png": grey(1)}), "mask_without_picture", met="masks/9.png"
    ),
    found("E87", "a picture without mask", files({**FOUR}, count=5), "no_mask", holds=row_count(4), met="images/4.png"),
    found("E88", "an odd number of numbers", rle("1 3 10"), "rle_pairs", (5,), met="3 numbers"),
    found("E88", "runs that do not rise", rle("10 2 1 3"), "rle_order", (5,), met="10 2, then 1 3 (pair 2 of 2)"),
    found("E88", "runs that overlap", rle("1 5 3 2"), "rle_order", (5,), met="pair 2"),
    found("E88", "a start of 0", rle("0 3"), "rle_start", (5,), met="0 3 (pair 1 of 1)", right="from 1"),
    found("E88", "a negative start", rle("1 2 -5 3"), "rle_start", (5,)),
    found("E88", "a length of 0", rle("5 0"), "rle_length", (5,)),
    found("E88", "beyond the last pixel", rle("48 2"), "mask_size", (5,), met="49 of 48 in 8 x 6 pixels"),
    found("E88", "a number too long for a computer", rle("1 99999999999999999999999"), "rle_number", (5,)),
    found("E88", "words", rle("full"), "rle_number", (5,), met="full", choices=TABLE),
    handled(
        "E88", "an empty text is an empty mask", rle(""), lambda data: data.profile().part(MaskPart).empty_images == 1
    ),
    found(
        "E88",
        "-1 is an empty mask",
        rle("-1"),
        "rle_empty",
        (5,),
        holds=lambda data: data.profile().part(MaskPart).empty_images == 1,
    ),
    found(
        "E88", "more masks than classes", masks({"class_id": ["cat"], "rle_mask": ["1 2", "4 1"]}), "mask_lengths", (5,)
    ),
    found("E88", "a mask without class", masks({"class_id": [""], "rle_mask": ["1 2"]}), "no_class", (5,)),
    refused(
        "E88",
        "no pixel of any class",
        lambda folder: _emptied(masks()(folder)),
        "no_masks",
        met="0 masks in 4 images",
        choices=TABLE,
    ),
    handled("E89", "a crowd is pixels as well", coco({"category_id": 2, "iscrowd": 1}), pixels_of(cat=36, dog=9)),
    handled(
        "E89",
        "run lengths of a crowd",
        coco({"category_id": 2, "iscrowd": 1, "segmentation": {"size": [HEIGHT, WIDTH], "counts": [3, 4, 41]}}),
        pixels_of(cat=36, dog=4),
    ),
    found(
        "E89",
        "a polygon of two points",
        coco({"segmentation": [[1, 1, 4, 4]]}),
        "coco_segmentation",
        holds=row_count(3),
    ),
    found(
        "E89",
        "counts that do not fill the image",
        coco({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [3, 4]}}),
        "coco_segmentation",
        holds=row_count(3),
    ),
    found("E89", "an unknown category", coco({"category_id": 9}), "coco_unknown_category", holds=row_count(3)),
    refused("E89", "annotations of another size", coco(size=(16, 14)), "no_rows"),
    handled("E92", "16 bits of classes", files({f"{n}.png": deep() for n in range(4)}), row_count(4)),
    refused(
        "E92",
        "numbers of objects in place of classes",
        objects,
        "no_rows",
        choices={"problem_type": "image_semantic_segmentation", "format": "mask_images"},
    ),
]


def _emptied(folder: Path) -> Path:
    table = pd.read_parquet(folder / "train.parquet")
    table["rle_mask"] = [[""]] * len(table)
    table.to_parquet(folder / "train.parquet")
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.what}")
def test_a_bad_mask_is_refused_found_or_handled(tmp_path: Path, scan_files: Any, import_files: Any, case: Case) -> None:
    choices = case.choices or {"problem_type": "image_semantic_segmentation"}
    check_case(Case(**{**vars(case), "choices": choices}), tmp_path, scan_files, import_files)


OF_INSTANCES = "image_instance_segmentation"
OF_OBJECTS = [
    case
    for case in CASES
    if case.row in ("E88", "E89") and (case.choices or TABLE) == TABLE and "crowd" not in case.what
]
"""Crowd regions are no objects: they are left out, and said."""


@pytest.mark.parametrize("case", OF_OBJECTS, ids=lambda case: f"{case.row} {case.what}")
def test_a_bad_mask_of_an_object_is_refused_found_or_handled_as_one_of_a_class(
    tmp_path: Path, scan_files: Any, import_files: Any, case: Case
) -> None:
    choices = {**(case.choices or {}), "problem_type": OF_INSTANCES}
    check_case(Case(**{**vars(case), "choices": choices}), tmp_path, scan_files, import_files)


OF_VOLUMES = {"problem_type": "image_3d_semantic_segmentation", "roles": ROLES}


def volumes(text: str, shape: tuple[int, ...] = (4, 6, 8)) -> Callable[[Path], Path]:
    """Five volumes; the mask of the last is this."""

    def make(folder: Path) -> Path:
        (folder / "images").mkdir(parents=True)
        rows = []
        for number in range(5):
            values = np.random.default_rng(number).integers(0, 255, shape, dtype=np.uint8)
            np.save(folder / "images" / f"{number}.npy", values, allow_pickle=False)
            rows.append({"image": f"{number}.npy", "class_id": ["cat"], "rle_mask": [text if number == 4 else "1 3"]})
        pd.DataFrame(rows).to_parquet(folder / "train.parquet")
        return folder

    return make


@pytest.mark.parametrize(
    "case",
    [
        found("E87", "a mask larger than its volume", volumes("190 20"), "mask_size", (5,), met="209 of 192"),
        found("E88", "an odd number of numbers", volumes("1 2 3"), "rle_pairs", (5,), met="3 numbers"),
        found("E88", "words", volumes("full"), "rle_number", (5,), met="full"),
        found("E88", "runs that overlap", volumes("5 9 7 2"), "rle_order", (5,), met="7 2"),
        handled("E88", "the empty mask of Kaggle", volumes("-1"), row_count(5)),
    ],
    ids=lambda case: case.what,
)
def test_a_bad_mask_of_a_volume_is_found_or_handled(
    tmp_path: Path, scan_files: Any, import_files: Any, case: Case
) -> None:
    check_case(Case(**{**vars(case), "choices": OF_VOLUMES}), tmp_path, scan_files, import_files)


def test_what_left_no_image_is_said_beside_the_refusal(tmp_path: Path, scan_files: Any) -> None:
    choices = {"problem_type": "image_semantic_segmentation"}

    resized = scan_files(coco(size=(16, 14))(tmp_path / "coco"), choices, "coco")
    numbered = scan_files(objects(tmp_path / "objects"), {**choices, "format": "mask_images"}, "objects")

    said = {one.code: one.found for one in (*resized.findings, *numbered.findings)}
    assert "8 x 6, not 16 x 14 pixels" in said["mask_size"]
    assert "600 values" in said["mask_values"]


def test_masks_counted_along_the_rows_are_said(tmp_path: Path, import_files: Any) -> None:
    mask = np.zeros((HEIGHT * 5, WIDTH * 5), dtype=bool)
    mask[5:20, 8:30] = True
    flat = np.concatenate([[False], mask.ravel(), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    text = " ".join(f"{a} {b - a}" for a, b in zip(edges[::2], edges[1::2], strict=True))
    rows = []
    for number in range(4):
        write(tmp_path / "in" / "images" / f"{number}.png", picture(WIDTH * 5, HEIGHT * 5, number))
        rows.append({"image": f"{number}.png", "class_id": ["cat"], "rle_mask": [text]})
    pd.DataFrame(rows).to_parquet(tmp_path / "in" / "train.parquet")

    data = import_files(tmp_path / "in", {"problem_type": "image_semantic_segmentation", "format": "table"})

    assert "rle_row_order" in {finding.code for finding in data.findings()}
