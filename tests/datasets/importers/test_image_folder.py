"""A folder a class, with and without splits above."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.datasets.labels.label_part import LabelPart


def pictures(folder: Path, names: list[str]) -> Path:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number * 7 % 255, 90, 120)).save(path)
    return folder


def test_folders_become_classes(tmp_path: Path, scan_files: Any, import_files: Any) -> None:
    source = pictures(tmp_path / "s", [f"top/{label}/{i}.png" for label in ("cat", "dog") for i in range(3)])

    found = scan_files(source)
    data = import_files(source)

    assert found.choices.format == "image_folder"
    assert any("2 folders of images" in reason for reason in found.guesses[0].reasons)
    assert data.profile().part(LabelPart).counts == {"train.parquet": {"cat": 3, "dog": 3}}
    assert data.table("train.parquet")["image"].tolist()[0] == "cat/0.png"


def test_splits_above_the_classes_become_tables(tmp_path: Path, import_files: Any) -> None:
    source = pictures(
        tmp_path / "s",
        [f"{split}/{label}/{i}.png" for split in ("train", "val", "test") for label in ("a", "b") for i in range(2)],
    )

    data = import_files(source)

    assert {table.role: table.rows for table in data.manifest.tables} == {"train": 4, "validation": 4, "test": 4}


def test_images_directly_in_a_test_folder_have_no_class(tmp_path: Path, import_files: Any) -> None:
    source = pictures(
        tmp_path / "s", ["train/a/0.png", "train/a/1.png", "train/b/0.png", "train/b/1.png", "test/9.png"]
    )

    data = import_files(source)

    assert [column.name for column in data.manifest.table_of_role("test").columns] == ["image"]


@pytest.mark.parametrize(
    "names",
    [
        ["images/0.png", "images/1.png"],
        ["images/0.png", "depth/0.png"],
        ["a/0.png", "b/c/0.png"],
        ["0.png", "a/0.png"],
    ],
)
def test_other_folders_are_not_taken_for_classes(tmp_path: Path, scan_files: Any, names: list[str]) -> None:
    found = scan_files(pictures(tmp_path / "s", names))

    assert found.state == "failed"
    assert found.error.code == "no_table"


def test_a_table_that_names_the_files_wins(tmp_path: Path, scan_files: Any) -> None:
    source = pictures(tmp_path / "s", [f"{label}/{i}.png" for label in ("cat", "dog") for i in range(3)])
    rows = "\n".join(f"{label}/{i}.png,{'xy'[i % 2]}" for label in ("cat", "dog") for i in range(3))
    (source / "train.csv").write_text(f"image,label\n{rows}\n")

    found = scan_files(source)

    assert (found.choices.format, found.choices.train) == ("table", "train.csv")
    assert {one.id for one in found.formats} == {"image_folder"}
    assert scan_files(source, {"format": "image_folder"}).choices.roles == {
        "image_column": "image",
        "label_columns": ["label"],
    }


@pytest.mark.parametrize("words", [("Training", "Testing"), ("seg_train", "seg_test"), ("train", "evaluation")])
def test_splits_have_many_names(words: tuple[str, str], tmp_path: Path, import_files: Any) -> None:
    names = [f"{word}/{label}/{i}.png" for word in words for label in ("a", "b") for i in range(2)]

    data = import_files(pictures(tmp_path / "s", names))

    assert [table.rows for table in data.manifest.tables] == [4, 4]
    assert data.manifest.tables[0].role == "train"


def test_a_class_in_two_unicode_forms_is_one_class(tmp_path: Path, import_files: Any) -> None:
    one, other = (unicodedata.normalize(form, "Café") for form in ("NFC", "NFD"))
    names = [f"train/{label}/{i}.png" for label in (one, "Tee") for i in range(2)]
    names += [f"val/{label}/{i}.png" for label in (other, "Tee") for i in range(2)]

    data = import_files(pictures(tmp_path / "s", names))

    assert set(data.table("validation.parquet")["label"]) == {one, "Tee"}


def test_splits_without_folders_of_classes_are_no_classes(tmp_path: Path, scan_files: Any) -> None:
    source = pictures(tmp_path / "s", [f"{split}/{i}.png" for split in ("train", "test") for i in range(3)])

    assert scan_files(source).choices.format != "image_folder"


@pytest.mark.parametrize("ending", [".jfif", ".jpe", ".JFIF"])
def test_other_endings_of_jpeg_are_pictures(ending: str, tmp_path: Path, import_files: Any) -> None:
    source = pictures(tmp_path / "s", [f"{label}/{i}.jpg" for label in ("a", "b") for i in range(3)])
    for path in list((source / "a").iterdir()):
        path.rename(path.with_suffix(ending))

    assert import_files(source).profile().part(LabelPart).counts == {"train.parquet": {"a": 3, "b": 3}}


def test_pictures_beside_the_splits_are_named_and_the_rest_imported(tmp_path: Path, import_files: Any) -> None:
    splits = [f"seg_{split}/seg_{split}/{label}/{i}.png" for split in ("train", "test") for label in "ab" for i in "01"]
    source = pictures(tmp_path / "s", [*splits, "seg_pred/seg_pred/7.png", "preview.png"])

    data = import_files(source)

    assert {table.role: table.rows for table in data.manifest.tables} == {"train": 4, "test": 4}
    (finding,) = [one for one in data.findings() if one.code == "outside_folders"]
    assert set(finding.examples) == {"preview.png", "seg_pred/seg_pred/7.png"}


def test_a_class_whose_files_are_not_read_is_named(tmp_path: Path, import_files: Any) -> None:
    source = pictures(tmp_path / "s", ["top/a/0.png", "top/a/1.png", "top/b/0.png", "top/b/1.png"])
    (source / "top" / "c").mkdir()
    (source / "top" / "c" / "0.heic").write_bytes(b"\0\0\0\x18ftypheic")

    (finding,) = [one for one in import_files(source).findings() if one.code == "class_without_files"]

    assert (finding.level, "top/c (.heic)" in finding.message) == ("warning", True)
