"""Every reader of what others wrote, fed with nonsense and with mutations of good files (B31, B50, B51, B58, B59).

Nothing may come out but a result or an error that the studio declares. `make test-faults` runs many more examples.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.configuration.yaml_config import dump_config, load_config
from studio.datasets.dataset import Dataset
from studio.datasets.masks.brush import BrushError, decode_brush
from studio.datasets.media.image_decoding import inspect_image, open_image
from studio.datasets.media.readers.volume import READER as VOLUME_READER
from studio.datasets.tables.list_parsing import CellError, parse_list
from studio.datasets.tables.table import read_table
from studio.datasets.uploads.archive import extract_zip
from studio.errors import StudioError
from studio.files import relative_path, sha256_file
from studio.importing.scan import scan_files
from studio.modeling.checkpoint import damaged_file
from studio.problems.registry import problem_type, problem_types
from studio.server.downloads import user_file
from studio.settings.augmentations import parse_pipeline
from studio.store.home import Home
from tests.datasets.dicom_series import slice_dataset
from tests.security.hostile import packed, picture

EXAMPLES = 150
MANY_EXAMPLES = int(os.environ.get("STUDIO_FUZZ_EXAMPLES", "5000"))
WORDS = (
    *(
        "!!python/name:os.system",
        "&a [*a]",
        "*a",
        "{",
        "[",
        "]",
        "}",
        ": ",
        "- ",
        "null",
        ".nan",
        "1e999",
        "-0",
        "0x1f",
    ),
    *("\x00", "\ud800", "\ufeff", "%", "'", '"', "\t", "\r", "\n\n---\n", "<<: *a", "9" * 400, "é", "\U0001f600", ""),
)


@dataclass(frozen=True)
class Reader:
    """What is read, from what, and which errors it declares beside the studio's own."""

    inputs: st.SearchStrategy[Any]
    read: Callable[[Any, Path], object]
    declared: tuple[type[Exception], ...] = (StudioError,)


def mutated(data: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with some of them replaced, left out, doubled or cut off."""
    place = st.integers(0, len(data))
    edits = st.lists(st.tuples(place, st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=6)

    def apply(found: tuple[list[tuple[int, int, bytes]], int | None]) -> bytes:
        changed = bytearray(data)
        for at, length, new in found[0]:
            changed[at : at + length] = new
        return bytes(changed[: found[1]])

    return st.tuples(edits, st.none() | place).map(apply)


def mutated_text(text: str) -> st.SearchStrategy[str]:
    """The text with words put in or in the place of others."""
    place = st.integers(0, len(text))
    new = st.sampled_from(WORDS) | st.text(max_size=8)
    edits = st.lists(st.tuples(place, st.integers(0, 12), new), min_size=1, max_size=5)

    def apply(found: list[tuple[int, int, str]]) -> str:
        changed = text
        for at, length, word in found:
            changed = changed[:at] + word + changed[at + length :]
        return changed

    return edits.map(apply)


def yaml_of(id: str) -> list[str]:
    return [dump_config(model.settings()) for model in problem_type(id).model_types]


PIPELINE = "- HorizontalFlip: {p: 0.5}\n- OneOf:\n    p: 0.3\n    transforms: [GaussianBlur, {Blur: {p: 1}}]\n"
HYDROGEN = '{"transform": {"__class_fullname__": "Compose", "p": 1.0, "transforms": [{"__class_fullname__": "Flip"}]}}'
CSV = 'image,label,boxes\na.png,x,"[1, 2, 3]"\nb.png,y,"[4.5]"\n\'q\',"a\nb",[]\n'
LINES = '{"a": 1, "b": [1, 2], "c": {"d": "x"}}\n{"a": null, "b": [], "c": {"d": "\\u00e9"}}\n'
COCO = json.dumps({
    "images": [{"id": 1, "file_name": "0.png", "width": 24, "height": 24}, {"id": 2, "file_name": "1.png"}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 8, 9], "iscrowd": 0},
        {"id": 2, "image_id": 2, "category_id": 1, "segmentation": [[1, 2, 3, 4, 5, 6]], "iscrowd": 0},
        {"id": 3, "image_id": 2, "category_id": 1, "iscrowd": 1, "bbox": [1, 1, 2, 2],
         "segmentation": {"counts": [1, 2, 3], "size": [24, 24]}},
    ],
})  # fmt: skip
ZIP = packed({"train.csv": "a,b\n1,2\n", "images/0.png": picture(0, 4), "images/café.png": picture(1, 4)})


def jpeg() -> bytes:
    target = io.BytesIO()
    Image.fromarray(np.zeros((9, 7, 3), np.uint8)).save(target, "JPEG")
    return target.getvalue()


def array() -> bytes:
    target = io.BytesIO()
    np.save(target, np.zeros((5, 4, 3), np.float32))
    return target.getvalue()


def read_settings(text: str | bytes, _folder: Path) -> None:
    """What is found must also be tellable: as JSON, with a line or a path."""
    for finding in load_config(text).findings:
        json.dumps(finding.model_dump(mode="json"), allow_nan=False).encode()
        assert finding.message


def read_pipeline(text: str, _folder: Path) -> None:
    for finding in parse_pipeline(text, "augmentation.custom", 64, 64)[1]:
        json.dumps(finding.model_dump(mode="json"), allow_nan=False).encode()


def read_table_named(name: str) -> Callable[[bytes, Path], object]:
    def read(data: bytes, folder: Path) -> object:
        (folder / name).write_bytes(data)
        return read_table(folder / name, name)

    return read


def read_picture_named(name: str) -> Callable[[bytes, Path], object]:
    def read(data: bytes, folder: Path) -> object:
        (folder / name).write_bytes(data)
        inspect_image(folder / name, folder / "preview.jpg")
        return open_image(folder / name)

    return read


def read_volume_named(name: str) -> Callable[[bytes, Path], object]:
    def read(data: bytes, folder: Path) -> object:
        (folder / name).write_bytes(data)
        return VOLUME_READER.inspect(folder / name, folder / "preview.jpg")

    return read


def nifti(version: int = 1) -> bytes:
    kind = nibabel.Nifti1Image if version == 1 else nibabel.Nifti2Image
    data: bytes = kind(np.arange(60, dtype=np.int16).reshape(5, 4, 3), np.diag([0.7, 0.8, 2.5, 1])).to_bytes()
    return data


def dicom(height: int = 2) -> bytes:
    target = io.BytesIO()
    made = slice_dataset(np.arange(20, dtype=np.int16).reshape(5, 4), series="1.2", number=1, position=(0, 0, height))
    made.save_as(target, enforce_file_format=True)
    return target.getvalue()


def read_dicom(data: bytes, folder: Path) -> object:
    """A slice of a series whose other slice is whole."""
    series = folder / "series"
    series.mkdir(exist_ok=True)
    (series / "0.dcm").write_bytes(dicom(1))
    (series / "1.dcm").write_bytes(data)
    facts = VOLUME_READER.inspect(series)
    VOLUME_READER.convert(series, folder / "kept")
    return facts


def read_zip(data: bytes, folder: Path) -> None:
    """What is unpacked lies in its folder; what is refused leaves nothing."""
    target = folder / "unpacked"
    (folder / "data.zip").write_bytes(data)
    try:
        extract_zip(folder / "data.zip", target, free_bytes=1 << 24)
    except StudioError:
        assert not target.exists()
        raise
    finally:
        assert {path.name for path in folder.parent.iterdir()} == {folder.name}
        for path in sorted(target.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        if target.exists():
            target.rmdir()


def read_coco(text: str, folder: Path) -> object:
    files = folder / "files"
    (files / "images").mkdir(parents=True, exist_ok=True)
    for number in (0, 1):
        (files / "images" / f"{number}.png").write_bytes(picture(number))
    (files / "instances_train.json").write_text(text, errors="replace")
    shutil.rmtree(folder / "converted", ignore_errors=True)
    return scan_files(files, {"problem_type": "image_object_detection", "format": "coco"})


BRUSH = [0, 0, 0, 24, 57, 27, 255, 0, 23, 255]
"""Of 3 x 2 pixels, all of them painted."""
POLYGON = "0 0.1 0.1 0.9 0.1 0.9 0.9\n"
CVAT = (
    '<annotations><image id="1" name="0.png" width="24" height="24"><mask label="a" rle="1, 2, 1" left="1" top="2" '
    'width="2" height="2"/><polygon label="b" points="1,1;9,1;9,9"/></image></annotations>'
)
SQUARE = {"original_width": 24, "original_height": 24}
STUDIO = json.dumps([{"data": {"image": "/data/0.png"}, "annotations": [{"result": [
    SQUARE | {"value": {"points": [[1, 1], [90, 1], [90, 90]], "polygonlabels": ["a"]}},
]}]}, {"data": {"image": "/data/1.png"}, "annotations": [{"result": [
    SQUARE | {"value": {"rle": BRUSH, "brushlabels": ["a"]}},
]}]}])  # fmt: skip
COCO_MASKS = json.dumps({
    "images": [{"id": 1, "file_name": "0.png", "width": 24, "height": 24}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [
        {"id": 2, "image_id": 1, "category_id": 1, "segmentation": [[1, 2, 3, 4, 5, 6]], "iscrowd": 0},
        {"id": 3, "image_id": 1, "category_id": 1, "iscrowd": 1,
         "segmentation": {"counts": [500, 6, 70], "size": [24, 24]}},
    ],
})  # fmt: skip
ROWS = "ImageId,EncodedPixels,ClassId\n0.png,1 3 10 2,a\n1.png,,a\n"
MASKS = {
    "coco": ("instances_train.json", COCO_MASKS),
    "yolo": ("labels/0.txt", POLYGON),
    "cvat": ("annotations.xml", CVAT),
    "label_studio": ("project.json", STUDIO),
    "mask_rows": ("train.csv", ROWS),
    "mask_rows_along": ("train.csv", ROWS),
}


VIA = json.dumps({"0.png12": {"filename": "0.png", "regions": [
    {"shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4}, "region_attributes": {"a": "b"}},
    {"shape_attributes": {"name": "polygon", "all_points_x": [1, 9, 9], "all_points_y": [1, 1, 9]},
     "region_attributes": {"a": "b"}},
]}})  # fmt: skip
VIA_CSV = (
    "filename,region_shape_attributes,region_attributes\n"
    '0.png,"{""name"": ""circle"", ""cx"": 5, ""cy"": 5, ""r"": 3}","{""a"": ""b""}"\n'
)
VOC = (
    "<annotation><filename>0.png</filename><size><width>24</width><height>24</height></size><object><name>a</name>"
    "<robndbox><cx>5</cx><cy>6</cy><w>3</w><h>2</h><angle>0.5</angle></robndbox></object></annotation>"
)
BOXES = {
    "cvat": ("annotations.xml", CVAT.replace("<polygon", '<box label="a" xtl="1" ytl="1" xbr="2" ybr="2"/><polygon')),
    "label_studio": ("project.json", STUDIO),
    "via": ("via.json", VIA),
    "via_csv": ("via.csv", VIA_CSV),
    "pascal_voc": ("0.xml", VOC),
    "boxes": ("boxes.csv", "image,label,x,y,w,h,image_width,image_height\n0.png,a,1,2,3,4,24,24\n1.png,,,,,,,\n"),
}
SPANS = json.dumps([{"text": "Ana in Rom", "label": [{"start": 0, "end": 3, "text": "Ana", "labels": ["PER"]}]}])
CHOICES = json.dumps([
    {"data": {"text": "Ana ran"}, "annotations": [{"result": [{"value": {"choices": ["a"]}}]}]},
    {"text": "It rains", "label": ["a", "b"]},
])  # fmt: skip
TOKENS = json.dumps([{"paragraphs": [{"sentences": [{"tokens": [{"orth": "a", "ner": "O"}]}]}]}])
TEXTS = {
    "text_spans": ("export.json", SPANS),
    "spacy": ("train.json", TOKENS),
    "word_rows": ("words.csv", "Sentence #,Word,Tag\nS1,Ana,B-PER\n,ran,O\nS2,It,O\n"),
}


def read_masks(
    format: str, name: str, problem_type: str = "image_semantic_segmentation"
) -> Callable[[str, Path], object]:
    """Reads an upload with this file and two pictures in a format."""

    def read(text: str, folder: Path) -> object:
        files = folder / "files"
        for number in (0, 1):
            (files / "images").mkdir(parents=True, exist_ok=True)
            (files / "images" / f"{number}.png").write_bytes(picture(number))
        (files / name).parent.mkdir(exist_ok=True)
        (files / name).write_text(text, errors="replace")
        shutil.rmtree(folder / "converted", ignore_errors=True)
        return scan_files(files, {"problem_type": problem_type, "format": format})

    return read


def read_manifest(text: str, folder: Path) -> None:
    (folder / "weights").write_bytes(b"x" * 10)
    (folder / "manifest.json").write_text(text, errors="replace")
    named = damaged_file(folder)
    assert named is None or isinstance(named, str)


def read_dataset(text: str, folder: Path) -> object:
    (folder / "dataset.json").write_text(text, errors="replace")
    return Dataset.open(folder)


def manifest() -> str:
    return json.dumps({"files": {"weights": {"size": 10, "sha256": "2" * 64}}, "step": 1, "epoch": 0.5})


def paths(text: str, _folder: Path) -> None:
    path = relative_path(text)
    assert not path.is_absolute()
    assert ".." not in path.parts


READERS = {
    **{
        f"settings_{id}": Reader(st.one_of([mutated_text(text) for text in yaml_of(id)]), read_settings)
        for id in problem_types()
    },
    "settings_any_text": Reader(st.text() | st.binary(max_size=200), read_settings),
    "augmentations": Reader(mutated_text(PIPELINE) | mutated_text(HYDROGEN) | st.text(), read_pipeline),
    "list_cells": Reader(
        mutated_text("[1, 2.5, 'a']") | mutated_text("[1 2 3]") | mutated_text("(1,)") | st.text(),
        lambda text, _: parse_list(text),
        (CellError,),
    ),
    "csv": Reader(mutated(CSV.encode()) | st.binary(max_size=300), read_table_named("a.csv")),
    "tsv": Reader(mutated(CSV.replace(",", "\t").encode("utf-16")), read_table_named("a.tsv")),
    "json_lines": Reader(mutated(LINES.encode()) | st.binary(max_size=300), read_table_named("a.jsonl")),
    "coco": Reader(mutated_text(COCO), read_coco),
    "zip": Reader(mutated(ZIP), read_zip),
    "png": Reader(mutated(picture(0, 8)), read_picture_named("a.png")),
    "jpeg": Reader(mutated(jpeg()), read_picture_named("a.jpg")),
    "numpy": Reader(mutated(array()), read_picture_named("a.npy")),
    **{f"masks_{id}": Reader(mutated_text(text), read_masks(id, name)) for id, (name, text) in MASKS.items()},
    **{
        f"boxes_{id}": Reader(mutated_text(text), read_masks(id.removesuffix("_csv"), name, "image_object_detection"))
        for id, (name, text) in BOXES.items()
    },
    **{
        f"texts_{id}": Reader(mutated_text(text), read_masks(id, name, "text_token_classification"))
        for id, (name, text) in TEXTS.items()
    },
    "texts_labelled": Reader(mutated_text(CHOICES), read_masks("labelled_texts", "a.json", "text_classification")),
    "json_table": Reader(mutated(b'[{"a": 1, "b": [1]}, {"a": null}]'), read_table_named("a.json")),
    "brush": Reader(
        st.lists(st.integers(0, 255), max_size=40) | mutated(bytes(BRUSH)).map(list),
        lambda data, _: decode_brush(data, 3, 2),
        (BrushError,),
    ),
    "nifti": Reader(mutated(nifti()), read_volume_named("a.nii")),
    "nifti_2": Reader(mutated(nifti(2)), read_volume_named("a.nii")),
    "dicom": Reader(mutated(dicom()), read_dicom),
    "checkpoint_manifest": Reader(mutated_text(manifest()), read_manifest),
    "dataset_manifest": Reader(mutated_text('{"version": 1, "id": "x", "name": "y", "tables": []}'), read_dataset),
    "paths": Reader(mutated_text("a/b/c.png") | st.text(), paths),
}


def fuzz(reader: Reader, folder: Path, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(value=reader.inputs)
    def run(value: Any) -> None:
        with suppress(*reader.declared):
            reader.read(value, folder)

    folder.mkdir(exist_ok=True)
    run()


@pytest.mark.parametrize("name", [pytest.param(name, id=f"B59-{name}") for name in READERS])
def test_a_reader_gives_a_result_or_a_declared_error(tmp_path: Path, name: str) -> None:
    fuzz(READERS[name], tmp_path / "x", EXAMPLES)


@pytest.mark.faults
@pytest.mark.parametrize("name", READERS)
def test_a_reader_gives_a_result_or_a_declared_error_over_thousands(tmp_path: Path, name: str) -> None:
    fuzz(READERS[name], tmp_path / "x", MANY_EXAMPLES)


RANGES = st.lists(st.sampled_from(["0-", "-1", "0-0", "5-2", "99-", "0-999999999999999999999", "-", "a", "", " 1-2"]),
                  max_size=40).map(",".join)  # fmt: skip
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


@pytest.mark.parametrize(
    "examples", [pytest.param(300, id="B61"), pytest.param(MANY_EXAMPLES, marks=pytest.mark.faults, id="many")]
)
def test_any_range_and_tag_gives_a_part_the_whole_or_a_refusal(tmp_path: Path, examples: int) -> None:
    data = bytes(range(100))
    home = Home(tmp_path)
    (tmp_path / "a.png").write_bytes(data)
    app = FastAPI()
    app.get("/")(lambda: user_file(home, tmp_path / "a.png"))
    client = TestClient(app)
    tag = client.get("/").headers["etag"]
    opened = len(os.listdir("/dev/fd"))
    unit = st.sampled_from(["bytes=", "bytes = ", "items=", "=", ""])

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(range_=st.tuples(unit, RANGES | LATIN).map("".join), tags=st.sampled_from([tag, '"x"', "W/x", ""]) | LATIN)
    def ask(range_: str, tags: str) -> None:
        answer = client.get("/", headers={"Range": range_, "If-Range": tags} if tags else {"Range": range_})
        assert answer.status_code in (200, 206, 400, 416)
        if answer.status_code == 200:
            assert answer.content == data
        if answer.status_code == 206 and "content-range" in answer.headers:
            assert answer.content in data

    ask()
    assert len(os.listdir("/dev/fd")) <= opened + 2


MUTATE_PARQUET = """
import random, resource, sys
from pathlib import Path
from studio.datasets.tables.table import read_table
from studio.errors import StudioError

resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
good, target = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
for number in range(int(sys.argv[3]), int(sys.argv[4])):
    print(number, flush=True)
    chance = random.Random(number)
    data = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(4, len(data))] = chance.randrange(256)
    target.write_bytes(bytes(data))
    try:
        read_table(target, "a.parquet")
    except (StudioError, MemoryError):
        pass
"""


@pytest.mark.parametrize(
    "count", [pytest.param(300, id="B31"), pytest.param(3000, marks=pytest.mark.faults, id="B31-3000")]
)
def test_mutated_parquet_is_read_or_refused_in_a_child(tmp_path: Path, count: int) -> None:
    """The library may crash on a damaged file: that ends the child, as it ends the child that looks at an upload."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    good = tmp_path / "good.parquet"
    columns = {"a": [1, 2, None], "b": ["x", "y" * 50, "z"], "c": [[1.5], [], None]}
    pq.write_table(pa.table(columns), good, compression="zstd")
    start, crashes = 0, []
    while start < count:
        done = subprocess.run(
            [sys.executable, "-c", MUTATE_PARQUET, good, tmp_path / "bad.parquet", str(start), str(count)],
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        last = int(done.stdout.split()[-1])
        if done.returncode == 0:
            break
        assert done.returncode < 0, (last, done.stderr[-2000:])
        crashes.append((last, done.returncode))
        start = last + 1

    assert len(crashes) < count * 0.02, crashes


def test_the_good_files_are_good(tmp_path: Path) -> None:
    """What is mutated can be read as it is; a fuzzer of files that are refused at once would find nothing."""
    folder = tmp_path / "x"
    folder.mkdir()
    for name, data in (("a.csv", CSV.encode()), ("a.jsonl", LINES.encode())):
        assert len(read_table_named(name)(data, folder).frame) == 3 - (name == "a.jsonl")  # type: ignore[attr-defined]
    for name, data in (("a.png", picture(0, 8)), ("a.jpg", jpeg()), ("a.npy", array())):
        assert read_picture_named(name)(data, folder) is not None
    for version in (1, 2):
        assert read_volume_named("a.nii")(nifti(version), folder) is not None
    assert read_dicom(dicom(), folder) is not None
    kinds = ("image_semantic_segmentation", "image_object_detection", "text_token_classification")
    uploads = zip((MASKS, BOXES, TEXTS), kinds, strict=True)
    for id, name, text, kind in ((id, *one, kind) for files, kind in uploads for id, one in files.items()):
        shutil.rmtree(folder / "files", ignore_errors=True)
        scan = read_masks(id.removesuffix("_csv"), name, kind)(text, folder)
        assert scan.choices.format == id.removesuffix("_csv")  # type: ignore[attr-defined]
        assert scan.tables  # type: ignore[attr-defined]
    shutil.rmtree(folder / "files", ignore_errors=True)
    assert decode_brush(BRUSH, 3, 2).all()
    assert read_coco(COCO, folder).tables  # type: ignore[attr-defined]
    assert zipfile.ZipFile(io.BytesIO(ZIP)).testzip() is None
    for id in problem_types():
        assert all(not load_config(text).findings for text in yaml_of(id)), id
    assert parse_pipeline(PIPELINE, "x", 64, 64)[1] == ()
    assert sha256_file(folder / "a.png")
