"""What of a dataset at rest is compared, and how much of many files."""

import os
from pathlib import Path

import pytest

from benchmarks.workspace import import_example
from studio.datasets import checksums
from studio.datasets.checksums import CHECKSUMS, MEDIA_LIST, check_media, require_whole, write_checksums
from studio.datasets.dataset import Dataset
from studio.errors import DatasetError
from studio.files import read_json


@pytest.fixture
def shapes(tmp_path: Path) -> Dataset:
    return import_example("image_classification", tmp_path / "shapes")


def images(dataset: Dataset) -> list[str]:
    column = str(dataset.manifest.roles["image_column"])
    folder = dataset.manifest.media_folder
    return [f"{folder}/{name}" for name in dataset.table("train.csv")[column]]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-9] ^= 4
    path.write_bytes(bytes(data))


def test_an_import_writes_down_every_part(shapes: Dataset) -> None:
    parts = read_json(shapes.folder / CHECKSUMS)

    require_whole(shapes.folder)
    found = check_media(shapes.folder, images(shapes))
    assert {table.file for table in shapes.manifest.tables} < set(parts)
    assert {"dataset.json", "profile.json", "findings.json", MEDIA_LIST} < set(parts)
    assert (found.troubles, found.files, found.hashed) == ((), len(images(shapes)), len(images(shapes)))


def test_every_damaged_part_is_named_at_once(shapes: Dataset) -> None:
    flip(shapes.folder / "dataset.json")
    flip(shapes.folder / "tables" / "train.parquet")
    (shapes.folder / "tables" / "test.parquet").unlink()

    with pytest.raises(DatasetError) as damaged:
        require_whole(shapes.folder)

    assert damaged.value.code == "dataset_damaged"
    for words in ("dataset.json has changed", "tables/train.parquet has changed", "tables/test.parquet is missing"):
        assert words in damaged.value.message
    assert "backup" in damaged.value.hint


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "[" * 9999])
def test_checksums_that_cannot_be_read_are_damage_too(shapes: Dataset, text: str) -> None:
    (shapes.folder / CHECKSUMS).write_text(text)

    with pytest.raises(DatasetError, match=r"checksums\.json cannot be read"):
        require_whole(shapes.folder)


def test_media_that_are_missing_cut_or_changed_are_told_apart(shapes: Dataset) -> None:
    gone, cut, changed, *_ = images(shapes)
    (shapes.media / gone).unlink()
    os.truncate(shapes.media / cut, 10)
    flip(shapes.media / changed)

    found = check_media(shapes.folder, [*images(shapes), "never/imported.png"])

    assert [(one.path, one.what) for one in found.troubles] == [
        (gone, "missing"), (cut, "of another size"), (changed, "of other content"), ("never/imported.png", "missing"),
    ]  # fmt: skip


def test_of_very_large_media_a_sample_is_hashed_and_every_size_compared(tmp_path: Path) -> None:
    """Four files with holes, each of a half of what is hashed at most."""
    names = [f"{number}.bin" for number in range(4)]
    (tmp_path / "media").mkdir()
    for name in names:
        (tmp_path / "media" / name).touch()
        os.truncate(tmp_path / "media" / name, checksums.HASHED_BYTES // 2)
    write_checksums(tmp_path, [], lambda path: "00" * 32)

    found = check_media(tmp_path, names)
    os.truncate(tmp_path / "media" / names[3], 5)

    assert found.hashed == 2
    assert [one.path for one in found.troubles] == [names[0], names[2]]
    assert names[3] in [one.path for one in check_media(tmp_path, names).troubles]


def test_a_dataset_of_an_earlier_version_has_none_and_is_used(shapes: Dataset) -> None:
    (shapes.folder / CHECKSUMS).unlink()
    (shapes.media / images(shapes)[0]).unlink()

    require_whole(shapes.folder)
    assert check_media(shapes.folder, images(shapes)).files == 0
