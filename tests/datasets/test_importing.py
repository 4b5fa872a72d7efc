"""From a folder, table or zip to a dataset: guesses, findings whose counts add up, and whole-or-nothing."""

import csv
import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from PIL import Image

from studio.datasets.dataset import Dataset
from studio.datasets.labels.label_part import LabelPart
from studio.files import write_json
from studio.importing.inspection_order import order_inspection, run_inspection
from studio.importing.scan import scan
from studio.importing.scan_result import Scan
from studio.problems.registry import problem_types
from studio.settings.finding import FindingsError
from tests.support import scanning


class Quiet:
    def __init__(self) -> None:
        self.fractions: list[float] = []

    def progress(self, fraction: float, detail: str = "") -> None:
        self.fractions.append(fraction)

    def log(self, level: str, text: str) -> None:
        pass


def scanned(tmp_path: Path, source: Path, choices: dict[str, Any] | None = None) -> Scan:
    folder = tmp_path / "import"
    folder.mkdir(exist_ok=True)
    write_json(folder / "request.json", {"source": str(source), "source_name": source.name, "choices": choices})
    return scan(folder)


def imported(tmp_path: Path, source: Path, choices: dict[str, Any] | None = None) -> Dataset:
    result = scanned(tmp_path, source, choices)
    assert result.state == "ready", result.error
    target = tmp_path / "datasets" / "ds"
    target.parent.mkdir()
    spec = order_inspection(tmp_path / "import", tmp_path / "run", target, "mine", result.choices)
    return run_inspection(spec, tmp_path / "run", Quiet())


def image_folder(folder: Path, rows: list[tuple[str, object]], header: tuple[str, str] = ("image", "label")) -> Path:
    (folder / "images").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for name, _ in rows:
        Image.fromarray(generator.integers(0, 255, (20, 24, 3), dtype=np.uint8)).save(folder / "images" / name)
    with (folder / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return folder


def by_code(data: Dataset) -> dict[str, Any]:
    return {finding.code: finding for finding in data.findings()}


@pytest.mark.parametrize("kind", problem_types().values(), ids=lambda kind: kind.id)
def test_the_example_of_every_problem_type_is_recognised_and_imported(
    tmp_path: Path, import_files: Any, scan_files: Any, kind: Any
) -> None:
    kind.make_example(tmp_path / "example")
    guesses = [guess.problem_type for guess in scan_files(tmp_path / "example", name="open").guesses]

    data = import_files(tmp_path / "example", {"problem_type": kind.id})

    assert kind.id in guesses[:2]
    assert guesses[0] == kind.id or kind.id.endswith("metric_learning"), "the same table as classification"
    assert data.manifest.table_of_role("test") is not None
    assert data.profile().histograms
    assert all(table.rows == table.rows_imported for table in data.manifest.tables)


def test_examples_are_the_same_on_every_run(tmp_path: Path) -> None:
    for kind in problem_types().values():
        for name in ("one", "two"):
            kind.make_example(tmp_path / kind.id / name)
        first = tmp_path / kind.id / "one"
        files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
        assert files
        assert all(
            (tmp_path / kind.id / "one" / file).read_bytes() == (tmp_path / kind.id / "two" / file).read_bytes()
            for file in files
        )


def test_a_zip_and_its_folder_give_the_same_fingerprint(tmp_path: Path) -> None:
    source = image_folder(tmp_path / "source", [(f"{i}.png", "ab"[i % 2]) for i in range(6)])
    with zipfile.ZipFile(tmp_path / "source.zip", "w") as archive:
        for path in sorted(source.rglob("*")):
            archive.write(path, Path("top") / path.relative_to(source))

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    folder = imported(tmp_path / "a", source)
    packed = imported(tmp_path / "b", tmp_path / "source.zip")

    assert folder.manifest.fingerprint == packed.manifest.fingerprint


def test_counts_of_kept_and_dropped_rows_add_up(tmp_path: Path) -> None:
    rows: list[tuple[str, object]] = [(f"{i}.png", "ab"[i % 2]) for i in range(20)]
    source = image_folder(tmp_path / "source", rows)
    (source / "images" / "1.png").write_bytes((source / "images" / "1.png").read_bytes()[:100])
    (source / "images" / "2.png").write_bytes(b"")
    (source / "images" / "3.png").write_bytes(b"<html>")
    (source / "images" / "4.png").unlink()
    (source / "images" / "5.png").rename(source / "images" / "5.PNG")
    lines = (source / "train.csv").read_text().splitlines()
    lines[7] = "6.png,"
    lines[8] = ",a"
    (source / "train.csv").write_text("\n".join(lines) + "\n")

    data = imported(tmp_path, source)
    findings = by_code(data)
    table = data.manifest.tables[0]

    dropped = sum(
        findings[code].count
        for code in ("image_truncated", "image_empty", "image_unsupported", "no_file", "no_label", "no_file_name")
    )
    assert (table.rows_imported, table.rows) == (20, 14)
    assert dropped == table.rows_imported - table.rows
    assert findings["no_file"].rows == (5,)
    assert findings["no_file"].examples == ("4.png",)
    assert findings["file_name_mended"].rows == (6,)
    assert "20 rows imported, 14 kept, 1 of them repaired, 6 dropped" in findings["rows"].message
    assert len(data.table("train.csv")) == 14


def test_a_source_row_keeps_its_number(tmp_path: Path) -> None:
    source = image_folder(tmp_path / "source", [(f"{i}.png", "ab"[i % 2]) for i in range(10)])
    (source / "images" / "0.png").unlink()

    table = imported(tmp_path, source).table("train.csv")

    assert table["__row"].tolist() == list(range(2, 11))
    assert set(table["__width"]) == {24}


def test_no_file_at_all_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = image_folder(tmp_path / "source", [(f"{i}.png", "ab"[i % 2]) for i in range(6)])
    (source / "elsewhere").mkdir()
    Image.new("RGB", (4, 4)).save(source / "elsewhere" / "x.png")

    with pytest.raises(FindingsError) as error:
        imported(tmp_path, source, {"media_folder": "elsewhere"})

    assert "no_rows_left" in {finding.code for finding in error.value.findings}
    assert list((tmp_path / "datasets").iterdir()) == []


def test_a_test_table_none_of_whose_files_are_there_is_left_out_and_the_rest_is_imported(tmp_path: Path) -> None:
    source = image_folder(tmp_path / "source", [(f"{i}.png", "ab"[i % 2]) for i in range(6)])
    (source / "test.csv").write_text("image,label\nx0.png,a\nx1.png,b\n")

    data = imported(tmp_path, source)

    assert [(table.role, table.rows) for table in data.manifest.tables] == [("train", 6)]
    [said] = [one for one in data.findings() if one.code == "table_left_out"]
    assert (said.path.partition(":")[0], said.level.value, said.found) == ("test.csv", "warning", "'x0.png', ...")


def test_one_class_is_refused(tmp_path: Path) -> None:
    source = image_folder(tmp_path / "source", [(f"{i}.png", "same") for i in range(6)])

    with pytest.raises(FindingsError) as error:
        imported(tmp_path, source, {"problem_type": "image_classification", "roles": {"label_columns": ["label"]}})

    assert error.value.findings[-1].code == "one_class"


def test_classes_unseen_in_training_are_left_out_of_the_test_table(tmp_path: Path) -> None:
    source = image_folder(tmp_path / "source", [(f"{i}.png", "ab"[i % 2]) for i in range(8)])
    (source / "test.csv").write_text("image,label\n0.png,a\n1.png,zebra\n")

    data = imported(tmp_path, source)

    assert by_code(data)["unseen_label"].examples == ("zebra",)
    assert by_code(data)["leak"].count == 1
    assert len(data.table("test.csv")) == 1


def boxes_source(folder: Path, rows: list[dict[str, Any]]) -> Path:
    (folder / "images").mkdir(parents=True)
    for index in range(len(rows)):
        Image.new("RGB", (100, 80)).save(folder / "images" / f"{index}.png")
    defaults = {"class_id": ["a"], "x_min": [10], "y_min": [10], "x_max": [50], "y_max": [40]}
    pd.DataFrame([{"image": f"{i}.png", **defaults, **row} for i, row in enumerate(rows)]).to_parquet(
        folder / "train.parquet"
    )
    return folder


def test_boxes_are_checked_against_their_image(tmp_path: Path) -> None:
    source = boxes_source(
        tmp_path / "source",
        [
            {},
            {"x_max": [150]},
            {"class_id": ["a", "b"]},
            {"x_min": [60]},
            {"x_min": [200], "x_max": [300]},
            {"x_min": [10, 20], "y_min": [10, 20], "x_max": [10, 40], "y_max": [30, 60], "class_id": ["a", "b"]},
            {"class_id": [], "x_min": [], "y_min": [], "x_max": [], "y_max": []},
            {"x_max": [float("nan")]},
        ],
    )

    data = imported(tmp_path, source)
    findings = by_code(data)
    table = data.table("train.parquet").set_index("__row")

    assert findings["box_clipped"].rows == (2,)
    assert findings["box_lengths"].rows == (3,)
    assert findings["box_order"].rows == (4,)
    assert findings["box_outside"].rows == (5,)
    assert findings["box_empty"].rows == (6,)
    assert findings["box_number"].rows == (8,)
    assert table.index.tolist() == [1, 2, 6, 7]
    assert list(table.loc[2, "x_max"]) == [100.0]
    assert list(table.loc[6, "class_id"]) == ["b"]
    assert data.profile().facts["images_without_boxes"] == 1


def test_relative_coordinates_are_refused_and_never_guessed(tmp_path: Path) -> None:
    relative = {"x_min": [0.1], "y_min": [0.1], "x_max": [0.5], "y_max": [0.5]}
    source = boxes_source(tmp_path / "source", [relative] * 4)

    with pytest.raises(FindingsError) as error:
        imported(tmp_path, source)

    assert "relative_boxes" in {finding.code for finding in error.value.findings}


def test_list_cells_in_csv_are_boxes_too(tmp_path: Path) -> None:
    source = boxes_source(tmp_path / "source", [{}, {}])
    (source / "train.parquet").unlink()
    (source / "train.csv").write_text(
        "image,class_id,x_min,y_min,x_max,y_max\n"
        "0.png,\"['a']\",[1],[2],[30],[40]\n"
        '1.png,"[""a"", ""b""]","[1, 2]","[2, 3]",[30 31],"(40, 41)"\n'
    )

    data = imported(tmp_path, source)

    assert data.profile().part(LabelPart).counts == {"train.csv": {"a": 2, "b": 1}}


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.zip", b"", "is empty"),
        ("a.zip", b"<!DOCTYPE html><html>", "not a zip"),
        ("a.tar", b"\0" * 257 + b"ustar" + b"\0" * 300, "tar archive"),
        ("a.csv.gz", b"\x1f\x8b\x08", "gzip file"),
        ("a.txt", b"hello", "no data format is recognised"),
        ("model.pt", b"\x80\x04K\x01.", "neither a zip file nor a table"),
        ("model.pkl", b"\x80\x04K\x01.", "neither a zip file nor a table"),
    ],
)
def test_other_uploads_are_refused_with_the_way_out(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)

    result = scanned(tmp_path, tmp_path / name)

    assert result.state == "failed"
    assert result.error is not None
    assert words in result.error.message
    assert result.error.hint


def test_a_pickle_inside_a_table_column_is_never_loaded(tmp_path: Path) -> None:
    import pickle

    mark = tmp_path / "pwned"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path(mark).touch, ())

    (tmp_path / "train.parquet").write_bytes(pickle.dumps(Bomb()))

    result = scanned(tmp_path, tmp_path / "train.parquet")

    assert result.state == "failed"
    assert not mark.exists()


def test_the_scan_is_a_child_process_with_limits(tmp_path: Path) -> None:
    source = image_folder(tmp_path / "source", [(f"{i}.png", "ab"[i % 2]) for i in range(6)])
    folder = tmp_path / "import"
    folder.mkdir()
    write_json(folder / "request.json", {"source": str(source)})
    names = ("RLIMIT_DATA", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE")
    lowest = dict.fromkeys(names, psutil.RLIM_INFINITY)

    with scanning.scanner(folder) as process:
        child = psutil.Process(process.pid)
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                for name in names:
                    soft, _ = child.rlimit(getattr(psutil, name))
                    lowest[name] = soft if lowest[name] == psutil.RLIM_INFINITY else min(soft, lowest[name])

    assert process.returncode == 0
    assert json.loads((folder / "scan.json").read_text())["choices"]["problem_type"] == "image_classification"
    assert psutil.RLIM_INFINITY not in lowest.values()
    assert lowest["RLIMIT_DATA"] <= psutil.virtual_memory().total
    assert lowest["RLIMIT_CORE"] == 0


def test_a_dictionary_bomb_in_parquet_ends_the_child_and_not_the_machine(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 20_000
    bomb = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"a": bomb}), tmp_path / "train.parquet", compression="zstd")
    folder = tmp_path / "import"
    folder.mkdir()
    write_json(folder / "request.json", {"source": str(tmp_path / "train.parquet")})

    scanning.scan(folder)

    path = folder / "scan.json"
    assert not path.exists() or json.loads(path.read_text())["state"] == "failed"


def test_real_datasets_are_recognised(tmp_path: Path, shared_data: Path) -> None:
    for name in (
        "image_object_detection__bccd",
        "image_classification__clothing",
        "image_classification__coco_contents",
    ):
        (tmp_path / name).mkdir()
        result = scanned(tmp_path / name, shared_data / name)

        assert result.choices.problem_type == name.split("__")[0]
        assert result.choices.test is not None
        assert result.choices.media_folder == "images"
