"""FileNames: whatever way a name is written, it means its own file or is told to fit several, never another one."""

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.datasets.importers.file_names import FileNames, Found, parts_of

WORDS = st.sampled_from(["a", "b", "cam 1", "2024-01-02", "Größe", "décran", "train", "images", "0", "00", "x#1"])
PATHS = st.lists(WORDS, min_size=1, max_size=4).map(lambda parts: "/".join(parts) + ".png")
SPELLINGS = [
    lambda path: path,
    lambda path: f"/content/drive/MyDrive/{path}",
    lambda path: f"..\\media\\{path}".replace("/", "\\"),
    lambda path: f"C:\\data\\{path}".replace("/", "\\"),
    quote,
    lambda path: f"https://host.example/set/{quote(path)}?token=1#top",
    lambda path: f"/data/local-files/?d={quote(path)}",
    lambda path: unicodedata.normalize("NFD", path),
    lambda path: f"  ./{path} ",
]


@given(st.sets(PATHS, min_size=1, max_size=12).map(sorted), st.data())
def test_a_spelling_of_a_whole_path_finds_the_file_and_no_other(paths: list[str], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths))
    spelled = data.draw(st.sampled_from(SPELLINGS))(path)

    found, several = FileNames(paths).find(spelled, "annotations.json")

    assert found == path or path in several


@given(st.sets(PATHS, min_size=1, max_size=12).map(sorted), st.data())
def test_a_bare_name_is_found_where_it_is_the_only_one(paths: list[str], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths))
    name = path.rpartition("/")[2]
    alike = [one for one in paths if one.rpartition("/")[2] == name]

    found, several = FileNames(paths).find(name, "annotations/all.json")

    assert found in alike if found else sorted(several) == sorted(set(several)) and set(several) <= set(alike)
    assert found == path or len(alike) > 1


@pytest.mark.parametrize(
    ("paths", "label", "found"),
    [
        (["images/train/0.png", "images/val/0.png"], "labels/val/0.txt", "images/val/0.png"),
        (["train/images/0.png", "valid/images/0.png"], "valid/labels/0.txt", "valid/images/0.png"),
        (["images/2024-01-02/0.png", "images/2024-02-01/0.png"], "labels/2024-02-01/0.txt", "images/2024-02-01/0.png"),
        (["images/a/day1/0.png", "images/b/day1/0.png"], "labels/b/day1/0.txt", "images/b/day1/0.png"),
        (["images/Capture_décran 0.png"], "labels/Capture_d%C3%A9cran%200.txt", "images/Capture_décran 0.png"),
        (["images/IMG_0.JPG"], "labels/img_0.txt", "images/IMG_0.JPG"),
        (["images/a.b.png", "images/a.png"], "labels/a.b.txt", "images/a.b.png"),
    ],
)
def test_a_label_file_belongs_to_the_picture_in_its_own_folders(paths: list[str], label: str, found: str) -> None:
    assert FileNames(paths).find_stem(label) == Found(found)


def test_what_fits_several_is_told_with_all_of_them() -> None:
    names = FileNames(["images/a/same.png", "images/b/same.png", "images/A.png", "images/a.PNG"])

    assert names.find("same.png", "result.json") == Found(None, ("images/a/same.png", "images/b/same.png"))
    assert names.find("b/same.png", "result.json").path == "images/b/same.png"
    assert set(names.find("a.png", "result.json").several) == {"images/A.png", "images/a.PNG"}
    assert names.find("gone.png", "result.json") == Found(None)


def test_a_split_tells_pictures_of_one_name_apart() -> None:
    names = FileNames(["train2017/0.png", "val2017/0.png"])

    assert names.find("0.png", "annotations/instances_val2017.json").path == "val2017/0.png"
    assert names.find("0.png", "annotations/instances_train2017.json").path == "train2017/0.png"


def test_paths_have_no_schemes_hosts_or_empty_steps() -> None:
    assert parts_of("file:///a//./b/../c.png") == ("a", "b", "c.png")
    assert parts_of("s3://bucket/a/b.png") == ("a", "b.png")
    assert parts_of("") == ("",)
