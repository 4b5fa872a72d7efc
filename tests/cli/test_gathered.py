import zipfile
from pathlib import Path

from studio.commands.datasets import gathered

NONE: dict[str, str | None] = {"train": None, "validation": None, "test": None, "unlabeled": None}


def test_what_is_inside_is_imported_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "data" / "test.csv").write_text("a\n1\n")

    source, tables, media = gathered(tmp_path / "data", {**NONE, "test": "test.csv"}, "images", tmp_path)

    assert (source, tables["test"], media) == (tmp_path / "data", "test.csv", "images")


def test_a_table_and_media_from_elsewhere_become_one_zip(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "one" / "train.csv").write_text("image\na.png\n")
    (tmp_path / "held-out.csv").write_text("image\na.png\n")
    (tmp_path / "pictures" / "a.png").write_bytes(b"x")

    source, tables, media = gathered(
        tmp_path / "one" / "train.csv",
        {**NONE, "test": str(tmp_path / "held-out.csv")},
        str(tmp_path / "pictures"),
        tmp_path / "work",
    )

    assert sorted(zipfile.ZipFile(source).namelist()) == ["held-out.csv", "pictures/a.png", "train.csv"]
    assert (tables["train"], tables["test"], media) == ("train.csv", "held-out.csv", "pictures")


def test_a_lone_table_that_is_the_test_table_is_not_the_train_table(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "new.csv").write_text("image\na.png\n")
    (tmp_path / "pictures" / "a.png").write_bytes(b"x")

    _, tables, _ = gathered(
        tmp_path / "new.csv", {**NONE, "test": "new.csv"}, str(tmp_path / "pictures"), tmp_path / "work"
    )

    assert tables == {**NONE, "test": "new.csv"}
