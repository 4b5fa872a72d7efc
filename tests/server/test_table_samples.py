"""Pages of a dataset's samples: read a row group at a time, filtered by class and by text."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from studio.datasets.dataset import Column, Dataset, DatasetManifest, Table
from studio.errors import NotFoundError
from studio.server.services.viewing.table_samples import TableQuery, read_table_samples

ROWS = 5000


def dataset(folder: Path, problem_type: str, frame: pd.DataFrame, roles: dict[str, Any]) -> Dataset:
    (folder / "tables").mkdir(parents=True)
    frame.insert(0, "__row", range(1, len(frame) + 1))
    frame.to_parquet(folder / "tables" / "train.parquet", index=False, row_group_size=700)
    columns = tuple(Column(name=name, kind="text") for name in frame.columns)
    table = Table(
        name="t.csv",
        file="tables/train.parquet",
        role="train",
        rows=len(frame),
        rows_imported=len(frame),
        columns=columns,
    )
    return Dataset(folder, DatasetManifest(id="d", name="d", problem_type=problem_type, roles=roles, tables=(table,)))


@pytest.fixture
def classes(tmp_path: Path) -> Dataset:
    frame = pd.DataFrame(
        {"image": [f"{number}.png" for number in range(ROWS)], "label": [f"c{number % 7}" for number in range(ROWS)]}
    )
    return dataset(
        tmp_path / "c", "image_classification", frame, {"image_column": "image", "label_columns": ("label",)}
    )


def test_pages_cover_the_table_in_order(classes: Dataset) -> None:
    rows = [
        one.row
        for offset in range(0, ROWS, 150)
        for one in read_table_samples(classes, TableQuery(None, offset, 150)).rows
    ]

    assert rows == list(range(1, ROWS + 1))
    assert read_table_samples(classes, TableQuery("t.csv", ROWS, 10)).rows == []


def test_a_class_filter_counts_all_and_pages_on(classes: Dataset) -> None:
    page = read_table_samples(classes, TableQuery(None, 700, 10, label="c3"))

    assert page.total == len(range(3, ROWS, 7))
    assert [one.row for one in page.rows] == [3 + 7 * number + 1 for number in range(700, 710)]


def test_a_text_filter_looks_into_every_column(classes: Dataset) -> None:
    assert [one.row for one in read_table_samples(classes, TableQuery(None, 0, 10, text="4321.P")).rows] == [4322]
    assert read_table_samples(classes, TableQuery(None, 0, 10, label="c3", text="4321.p")).total == 0


def test_boxes_and_columns_of_zero_and_one_are_filtered_too(tmp_path: Path) -> None:
    corners = {name: [[1.0]] * 3 for name in ("x_min", "y_min", "x_max", "y_max")}
    boxes = pd.DataFrame({"image": list("abc"), "class_id": [["cell"], ["rod"], ["cell"]], **corners})
    roles = {"image_column": "image", "class_name_column": "class_id", **{f"{name}_column": name for name in corners}}
    flags = pd.DataFrame({"image": list("abc"), "cat": [1, 0, 1], "dog": [1, 1, 0]})

    found = dataset(tmp_path / "b", "image_object_detection", boxes, roles)
    several = dataset(
        tmp_path / "f", "image_classification", flags, {"image_column": "image", "label_columns": ("cat", "dog")}
    )

    assert [one.row for one in read_table_samples(found, TableQuery(None, 0, 9, label="cell")).rows] == [1, 3]
    assert [one.row for one in read_table_samples(several, TableQuery(None, 0, 9, label="dog")).rows] == [1, 2]


def test_an_unknown_table_lists_those_there_are(classes: Dataset) -> None:
    with pytest.raises(NotFoundError, match=r"x\.csv"):
        read_table_samples(classes, TableQuery("x.csv", 0, 10))
