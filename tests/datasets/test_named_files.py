"""Names of files in tables: however they are written, they mean their own file, or the row is left out and named."""

import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.datasets.uploads.discovery import list_files, list_media_folders
from studio.datasets.uploads.file_columns import file_columns
from studio.datasets.uploads.named_files import NamedFiles, is_shortened

WORDS = st.sampled_from(["a", "B", "cam 1", "Münze", "été", "2024-01-02", "0", "007", "x"])
FOLDERS = st.lists(WORDS, max_size=3).map("/".join)
STEMS = st.lists(WORDS, min_size=1, max_size=2).map("-".join)
SPELLINGS: Sequence[Callable[[str], str]] = [
    lambda path: path,
    lambda path: f"./{path}",
    lambda path: f" {path} ",
    lambda path: path.upper(),
    lambda path: f"/content/data/{path}",
    lambda path: f"C:\\data\\{path}".replace("/", "\\"),
    quote,
    lambda path: f"https://host.example/{quote(path)}?token=1",
    lambda path: unicodedata.normalize("NFD", path),
    lambda path: path.rpartition("/")[2],
    lambda path: path.rpartition("/")[2].removesuffix(".png"),
]


def unlike(names: set[str]) -> bool:
    """Whether names differ in more than case."""
    return len({name.casefold() for name in names}) == len(names)


def written(folder: Path, paths: Sequence[str]) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder


def looked_at(folder: Path, **columns: list[Any]) -> dict[str, str]:
    frame = pd.DataFrame(columns)
    kinds: dict[str, Any] = {name: "integer" if frame[name].dtype.kind == "i" else "text" for name in frame}
    folders = [one.name for one in list_media_folders(list_files(folder), folder)]
    return file_columns(frame, kinds, folder, folders, near="train.csv")


@settings(max_examples=40)
@given(FOLDERS, st.sets(STEMS, min_size=2, max_size=6).filter(unlike).map(sorted), st.sampled_from(SPELLINGS))
def test_a_column_of_names_is_found_however_they_are_spelled(
    above: str, stems: list[str], spelled: Callable[[str], str]
) -> None:
    paths = [f"{above}/{stem}.png".removeprefix("/") for stem in stems]
    with tempfile.TemporaryDirectory() as place:
        folder = written(Path(place), paths)
        cells = [spelled(path) for path in paths]

        columns = looked_at(folder, image=cells, label=["x y"] * len(cells))

        assert list(columns) == ["image"]
        named = NamedFiles(folder / columns["image"])
        base = "" if columns["image"] == "." else f"{columns['image']}/"
        assert [f"{base}{named.find(cell, 'train.csv').path}" for cell in cells] == paths


@settings(max_examples=40)
@given(st.sets(STEMS, min_size=1, max_size=4).filter(unlike).map(sorted), st.sampled_from(SPELLINGS[-2:]))
def test_a_name_of_several_files_is_never_guessed(stems: list[str], spelled: Callable[[str], str]) -> None:
    paths = [f"{folder}/{stem}.png" for folder in ("left", "right") for stem in stems]
    with tempfile.TemporaryDirectory() as place:
        named = NamedFiles(written(Path(place), paths))

        found = [named.find(spelled(path), "train.csv") for path in paths]

    assert [one.path for one in found] == [None] * len(paths)
    assert [set(one.several) for one in found] == [{f"left/{s}.png", f"right/{s}.png"} for s in stems] * 2


def test_an_id_that_became_a_number_names_its_picture(tmp_path: Path) -> None:
    folder = written(tmp_path, [f"pictures/{number}.png" for number in (17, 4, 258)])

    assert looked_at(folder, id_code=[258, 17, 4], label=["a", "b", "a"]) == {"id_code": "pictures"}


def test_classes_that_are_called_like_a_few_files_are_no_names(tmp_path: Path) -> None:
    folder = written(tmp_path, ["icons/glass.png", "icons/tin.png"])

    assert looked_at(folder, text=["one", "two", "three", "four"], label=["glass", "tin"] * 2) == {}


def test_an_address_beside_a_path_is_no_second_column_of_files(tmp_path: Path) -> None:
    folder = written(tmp_path, ["images/a.png", "images/b.png"])
    addresses = ["https://host.example/a.png", "https://host.example/b.png"]

    assert looked_at(folder, url=addresses, image=["a.png", "b.png"]) == {"image": "images"}


def test_the_other_ending_of_a_name_is_another_file(tmp_path: Path) -> None:
    written(tmp_path, ["masks/a.png"])

    assert NamedFiles(tmp_path).find("a.jpg", "train.csv").path is None


@pytest.mark.parametrize(("near", "found"), [("train.csv", "train/0.png"), ("test.csv", "test/0.png")])
def test_the_same_name_in_two_splits_is_the_one_of_the_table(near: str, found: str, tmp_path: Path) -> None:
    written(tmp_path, ["train/0.png", "test/0.png"])

    assert NamedFiles(tmp_path).find("0.png", near).path == found


def test_a_column_of_names_is_one_even_if_most_files_are_not_there(tmp_path: Path) -> None:
    folder = written(tmp_path, ["images/3.png"])

    assert looked_at(folder, image=[f"/content/{number}.png" for number in range(9)]) == {"image": "images"}


@pytest.mark.parametrize(
    ("cell", "path", "is_it"),
    [
        ("a.png", "images/a.png", True),
        ("b/a", "images/b/a.png", True),
        ("A.png", "images/a.png", False),
        ("x/a.png", "images/a.png", False),
        ("1.png", "images/11.png", False),
    ],
)
def test_a_shortened_name_lacks_folders_or_its_ending_only(cell: str, path: str, is_it: bool) -> None:
    assert is_shortened(cell, path) is is_it
