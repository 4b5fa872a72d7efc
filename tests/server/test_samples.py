"""Pages of predicted samples, against the same pages made by pandas from the whole table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from studio.errors import NotFoundError, StudioError
from studio.results.sample_index import SUFFIX, SampleIndex
from studio.results.sample_view import SampleView
from studio.scoring.tables import write_samples
from studio.server.services.viewing.samples import SampleQuery, read_samples

ROWS = 5000


def samples(rows: int = ROWS) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    numbers = generator.permutation(np.arange(1, rows + 1))
    loss = generator.integers(0, 200, rows).astype(float)
    loss[generator.random(rows) < 0.1] = np.nan
    truth = pd.array([None if one == 0 else f"class {one}" for one in generator.integers(0, 6, rows)], dtype="str")
    return pd.DataFrame(
        {
            "row": numbers,
            "title": pd.array([f"{number}.png" for number in numbers], dtype="str"),
            "loss": loss,
            "truth": truth,
            "prediction": pd.array([f"class {one}" for one in generator.integers(1, 6, rows)], dtype="str"),
            "correct": pd.array(generator.choice([True, False, None], rows), dtype="boolean"),
            "confidence": generator.random(rows).round(2),
            "error": generator.random(rows).round(1),
            "view": [SampleView(row=int(one), title=f"{one}.png").model_dump_json() for one in numbers],
        }
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return samples()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> Path:
    folder = tmp_path_factory.mktemp("predictions")
    write_samples(frame, folder, "validation")
    return folder


def expected(frame: pd.DataFrame, query: SampleQuery) -> tuple[int, list[int]]:
    found = frame
    for name in ("truth", "prediction", "correct"):
        value = getattr(query, name)
        if value is not None:
            found = found[(found[name] == value).fillna(False)]
    if query.rows is not None:
        found = found[found["row"].isin(query.rows)]
    falls, key = query.sort.startswith("-"), query.sort.removeprefix("-")
    keys, orders = ([key, "row"], [not falls, True]) if key != "row" else (["row"], [not falls])
    found = found.sort_values(keys, ascending=orders, na_position="last", kind="stable")
    return len(found), found["row"].tolist()[query.offset : query.offset + query.limit]


@pytest.mark.parametrize("sort", ["row", "-row", "loss", "-loss", "confidence", "-confidence", "error", "-error"])
@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"offset": 4700, "limit": 50},
        {"offset": 4990, "limit": 50},
        {"truth": "class 2"},
        {"correct": True, "offset": 100},
        {"truth": "class 2", "prediction": "class 3", "correct": False, "limit": 7},
        {"truth": "nothing"},
        {"rows": (7, 4999, 12, 6000)},
        {"rows": (7, 12), "correct": True},
        {"offset": 100_000},
    ],
    ids=str,
)
def test_a_page_holds_the_rows_that_the_whole_table_would(
    folder: Path, frame: pd.DataFrame, sort: str, wanted: dict[str, Any]
) -> None:
    query = SampleQuery(sort=sort, **wanted)

    page = read_samples(folder, query)

    assert (page.total, [one.row for one in page.rows]) == expected(frame, query)


def test_a_table_without_an_index_gives_the_same_pages(folder: Path, tmp_path: Path, frame: pd.DataFrame) -> None:
    (tmp_path / "validation_samples.parquet").write_bytes((folder / "validation_samples.parquet").read_bytes())
    query = SampleQuery(truth="class 1", offset=10)

    assert not list(tmp_path.glob(f"*{SUFFIX}"))
    assert read_samples(tmp_path, query) == read_samples(folder, query)


def test_an_index_older_than_its_table_is_not_believed(folder: Path, tmp_path: Path) -> None:
    write_samples(samples(100), tmp_path, "validation")
    (tmp_path / "validation_samples.parquet").write_bytes((folder / "validation_samples.parquet").read_bytes())
    query = SampleQuery(offset=1000)

    assert read_samples(tmp_path, query) == read_samples(folder, query)


def test_a_table_of_an_earlier_version_is_paged_without_what_it_does_not_know(tmp_path: Path) -> None:
    frame = samples(100).drop(columns="error")
    frame.to_parquet(tmp_path / "validation_samples.parquet", index=False)
    columns = {key: frame["row"].to_numpy() for key in ("row", "row_up", "loss_up", "loss_down")}
    SampleIndex(columns).write(tmp_path / f"validation{SUFFIX}")

    page = read_samples(tmp_path, SampleQuery(sort="-error"))

    assert [one.row for one in page.rows] == sorted(frame["row"])[:24]
    assert "error" not in (page.known or [])
    assert "loss" in (page.known or [])


def test_an_empty_table_has_an_empty_page(tmp_path: Path, frame: pd.DataFrame) -> None:
    write_samples(frame.head(0), tmp_path, "test")

    page = read_samples(tmp_path, SampleQuery(split="test", truth="class 1"))

    assert (page.total, page.rows, page.splits) == (0, [], ["test"])


def test_unknown_splits_and_sort_keys_are_refused(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="test"):
        read_samples(folder, SampleQuery(split="test"))
    with pytest.raises(StudioError, match="title"):
        read_samples(folder, SampleQuery(sort="title"))


def test_a_page_tells_what_can_be_asked_of_its_split(tmp_path: Path) -> None:
    frame = samples(1200).assign(
        truth=pd.array([""] * 1200, dtype="str"),
        confidence=np.nan,
        error=np.nan,
        correct=pd.array([None] * 1200, dtype="boolean"),
    )
    write_samples(frame, tmp_path, "validation")

    page = read_samples(tmp_path, SampleQuery())

    assert page.known == ["loss", "prediction"]
