"""Datasets that are only predicted on: a test table without labels and no train table."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from studio.datasets.labels.label_part import LabelPart
from studio.datasets.media.image_part import ImagePart
from studio.datasets.texts.text_part import TextPart
from studio.problems.registry import problem_types


def new_pictures(folder: Path, table: str) -> Path:
    (folder / "images").mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (16, 12), (number * 40, 0, 0)).save(folder / "images" / f"{number}.png")
    (folder / table).write_text("image\n0.png\n1.png\n2.png\n")
    return folder


PICTURES_ALONE = [
    kind.id
    for kind in problem_types().values()
    if kind.medium == "image" and [role.name for role in kind.roles if role.in_test] == [kind.media_role]
]


@pytest.mark.parametrize("kind", PICTURES_ALONE)
@pytest.mark.parametrize("table", ["test.csv", "new.csv"])
def test_a_table_of_files_alone_becomes_a_test_table(tmp_path: Path, import_files: Any, kind: str, table: str) -> None:
    data = import_files(new_pictures(tmp_path / "s", table), {"problem_type": kind})

    assert [(one.role, one.name, one.rows) for one in data.manifest.tables] == [("test", table, 3)]
    assert data.manifest.roles == {"image_column": "image"}
    assert data.profile().part(ImagePart).sizes == ((16, 12, 3),)
    assert data.choice_context().tables == (table,)


@pytest.mark.parametrize("kind", [kind.id for kind in problem_types().values() if kind.media_role is None])
def test_a_table_of_texts_alone_becomes_a_test_table(tmp_path: Path, import_files: Any, kind: str) -> None:
    problem = problem_types()[kind]
    problem.make_example(tmp_path / "s")
    next((tmp_path / "s").glob("train.*")).unlink()
    roles = import_files(tmp_path / "s", {"problem_type": kind}, name="whole").manifest.roles
    inputs = [role.name for role in problem.roles if role.in_test]
    table = pd.concat(read_rows(path) for path in (tmp_path / "s").glob("test.*"))
    columns = [column for name in inputs for column in as_list(roles[name])]
    (tmp_path / "new").mkdir()
    table[columns].to_json(tmp_path / "new" / "test.jsonl", orient="records", lines=True)

    given = {"problem_type": kind, "roles": {name: roles[name] for name in inputs}}
    data = import_files(tmp_path / "new", given, name="new")

    assert [(one.role, one.name, one.rows) for one in data.manifest.tables] == [("test", "test.jsonl", len(table))]
    assert set(data.manifest.roles) == set(inputs)
    assert data.profile().part(TextPart).lengths


def read_rows(path: Path) -> pd.DataFrame:
    return pd.read_json(path, lines=True) if path.suffix == ".jsonl" else pd.read_csv(path)


def as_list(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def test_no_train_table_is_a_choice(tmp_path: Path, scan_files: Any) -> None:
    source = new_pictures(tmp_path / "s", "train.csv")
    (source / "test.csv").write_text("image\n0.png\n")

    found = scan_files(source, {"problem_type": "image_classification", "train": None})

    assert found.choices.tables() == {"test": "test.csv"}
    assert [sample.title for sample in found.samples] == ["0.png"]


def test_a_table_role_that_is_none_stays_none(tmp_path: Path, scan_files: Any) -> None:
    problem_types()["image_classification"].make_example(tmp_path / "s")

    assert scan_files(tmp_path / "s").choices.test == "test.csv"
    assert scan_files(tmp_path / "s", {"test": None}).choices.test is None


def test_an_unlabeled_table_needs_only_files(tmp_path: Path, import_files: Any) -> None:
    problem_types()["image_classification"].make_example(tmp_path / "s")
    (tmp_path / "s" / "unlabeled.csv").write_text("image\ntest_000.png\ntest_001.png\n")

    data = import_files(tmp_path / "s")

    assert data.manifest.table_of_role("unlabeled").rows == 2


def test_a_labeled_test_table_alone_has_its_statistics(tmp_path: Path, import_files: Any) -> None:
    for kind in problem_types().values():
        source = tmp_path / kind.id
        kind.make_example(source)
        train = next(source.glob("train.*"))

        data = import_files(source, {"problem_type": kind.id, "train": None}, name=kind.id)

        assert data.manifest.table_of_role("train") is None
        counts = data.profile().part(LabelPart).counts.get(train.name.replace("train", "test"), {})
        assert bool(counts) == bool(data.profile().part(LabelPart).names)
        assert sum(counts.values()) > 0 or data.profile().histograms
