"""Nothing in an upload is passed over in silence: every file is used or named, and counts add up."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.datasets.dataset import Dataset
from studio.datasets.uploads.discovery import list_files
from studio.files import write_json
from studio.importing.inspection_order import order_inspection, run_inspection
from studio.importing.scan import scan
from studio.settings.finding import Finding, FindingsError
from tests.datasets.conftest import Quiet

STRAYS = ("README.md", "images/p9.heic", "other/extra.png", "sample_submission.csv", "notes.json", "images/odd")
UNUSED = ("unused_files", "unused_tables", "unread_files")


def upload(folder: Path, classes: Mapping[str, str], strays: Sequence[str]) -> Path:
    (folder / "images").mkdir(parents=True)
    for name in classes:
        Image.new("RGB", (4, 4), (len(name) * 20, 60, 90)).save(folder / "images" / name)
    rows = "".join(f"{name},{label}\n" for name, label in classes.items())
    (folder / "train.csv").write_text(f"image,label\n{rows}")
    for stray in strays:
        (folder / stray).parent.mkdir(exist_ok=True)
        (folder / stray).write_text("id,answer\n1,2\n")
    return folder


def imported(place: Path, source: Path, choices: Mapping[str, Any] | None = None) -> Dataset:
    (place / "import").mkdir()
    write_json(place / "import" / "request.json", {"source": str(source), "choices": choices})
    result = scan(place / "import")
    assert result.state == "ready", result.error
    write_json(place / "import" / "scan.json", result.model_dump(mode="json"))
    order = order_inspection(place / "import", place / "run", place / "dataset", "mine", result.choices)
    return run_inspection(order, place / "run", Quiet())


def of_code(findings: Sequence[Finding], *codes: str) -> list[Finding]:
    return [one for one in findings if one.code in codes]


@given(st.integers(4, 7), st.integers(0, 2), st.sets(st.sampled_from(STRAYS)).map(sorted))
@settings(max_examples=12, deadline=None)
def test_every_file_is_used_or_named_and_counts_add_up(count: int, broken: int, strays: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = upload(place / "source", {f"{n}.png": "ab"[n % 2] for n in range(count)}, strays)
        for number in range(broken):
            (source / "images" / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        files = list_files(source)

        data = imported(place, source)

        findings = data.findings()
        kept = {f"images/{name}" for name in data.table("train.csv")["image"]}
        told = {example for one in findings for example in one.examples}
        unused = of_code(findings, *UNUSED)
        left_out = count - len(kept)
        assert all(file in kept | told | {"train.csv"} or file.removeprefix("images/") in told for file in files)
        assert sum(one.count for one in unused) == len(strays)
        assert len(kept) + left_out + len(strays) + 1 == len(files)
        (summary,) = of_code(findings, "files")
        assert summary.count == len(files)
        assert f"{len(kept)} files of kept rows" in summary.message


def test_files_of_a_data_format_are_counted_as_read(tmp_path: Path, import_files: Any) -> None:
    for label in ("cat", "dog"):
        for number in range(3):
            path = tmp_path / "s" / "top" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 4), (number * 30, 60, 90)).save(path)
    (tmp_path / "s" / "top" / "LICENSE.rtf").write_text("free")

    findings = import_files(tmp_path / "s").findings()

    assert [(one.count, one.examples) for one in of_code(findings, *UNUSED)] == [(1, ("top/LICENSE.rtf",))]
    assert [one.message for one in of_code(findings, "files")] == ["7 files: 6 files of kept rows, 1 not used."]


def test_a_refusal_keeps_every_finding_the_cause_first(tmp_path: Path) -> None:
    source = upload(tmp_path / "source", {f"{n}.png": "ab"[n % 2] for n in range(6)}, ())
    for number in (1, 3, 5):
        (source / "images" / f"{number}.png").unlink()

    with pytest.raises(FindingsError) as refused:
        imported(tmp_path, source)

    told = [(one.code, one.level.value) for one in refused.value.findings]
    assert told[0] == ("no_file", "warning")
    assert ("one_class", "error") in told
    assert [level for _, level in told] == sorted((level for _, level in told), key=lambda level: level == "note")


def test_a_refused_choice_keeps_what_the_scan_noticed(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "train.csv").write_bytes("größe,zahl\nä,1\nö,2\nü,3\n".encode("cp1252"))

    with pytest.raises(FindingsError) as refused:
        imported(tmp_path, tmp_path / "source")

    assert [one.code for one in refused.value.findings] == ["encoding", "no_problem_type"]


def test_a_failed_scan_keeps_what_it_noticed(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "empty.csv").write_text("")
    (tmp_path / "source" / "words.csv").write_bytes("größe\nä\n".encode("cp1252"))
    (tmp_path / "import").mkdir()
    choices = {"format": "coco", "problem_type": "image_object_detection"}
    write_json(tmp_path / "import" / "request.json", {"source": str(tmp_path / "source"), "choices": choices})

    result = scan(tmp_path / "import")

    assert result.state == "failed"
    assert {"empty_file", "encoding"} <= {one.code for one in result.findings}
    assert result.findings[0].blocks


def test_pictures_that_are_packed_once_more_are_named(tmp_path: Path, scan_files: Any) -> None:
    source = upload(tmp_path / "source", {f"{n}.png": "ab"[n % 2] for n in range(4)}, ())
    for picture in (source / "images").iterdir():
        picture.unlink()
    (source / "images.zip").write_bytes(b"PK\x05\x06" + bytes(18))

    result = scan_files(source)

    assert (result.state, [one.path for one in result.findings if one.blocks]) == ("failed", ["images.zip"])


def test_an_archive_beside_texts_is_only_said(tmp_path: Path, import_files: Any) -> None:
    (tmp_path / "source").mkdir()
    rows = "".join(f"The soup number {n} was warm,{'good' if n % 2 else 'bad'}\n" for n in range(8))
    (tmp_path / "source" / "train.csv").write_text(f"text,label\n{rows}")
    (tmp_path / "source" / "papers.zip").write_bytes(b"PK\x05\x06" + bytes(18))

    findings = import_files(tmp_path / "source").findings()

    assert [one.level.value for one in of_code(findings, "packed_inside")] == ["warning"]


def test_a_table_whose_pictures_are_not_there_is_refused_with_that_as_the_cause(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "train.csv").write_text("image,label\n" + "".join(f"{n}.png,{n % 2}\n" for n in range(6)))

    with pytest.raises(FindingsError) as refused:
        imported(tmp_path, tmp_path / "source")

    assert [(one.code, one.path) for one in refused.value.findings] == [
        ("no_media", "train.csv: image"),
        ("no_problem_type", "problem_type"),
    ]


def test_tables_of_two_splits_find_their_files_by_ids_in_two_folders(tmp_path: Path, import_files: Any) -> None:
    for split, count in (("train", 6), ("test", 3)):
        for number in range(count):
            picture = tmp_path / "s" / f"{split}_images" / f"{number:04x}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 4), (number * 30, 60, len(split) * 9)).save(picture)
    labelled = "".join(f"{number:04x},{'ab'[number % 2]}\n" for number in range(6))
    (tmp_path / "s" / "train.csv").write_text(f"image_id,label\n{labelled}")
    (tmp_path / "s" / "test.csv").write_text("image_id\n0000\n0001\n0002\n")

    data = import_files(tmp_path / "s")

    assert data.table("test.csv")["image_id"].tolist() == [f"test_images/000{number}.png" for number in range(3)]
    assert data.table("train.csv")["image_id"].tolist() == [f"train_images/000{number}.png" for number in range(6)]
    assert [one.level.value for one in of_code(data.findings(), "file_name_short")] == ["note", "note"]
