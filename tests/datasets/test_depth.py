"""Every reader of files of others has a depth that it states, and refuses what is deeper before it walks it."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studio.datasets.importers.xml_file import XmlError, parse_xml
from studio.datasets.media.image_decoding import ImageError
from studio.datasets.media.numpy_image import read_array_header
from studio.datasets.tables.json_lines_table import read_json_lines_table
from studio.datasets.tables.list_parsing import CellError, parse_list
from studio.datasets.tables.parquet_table import read_parquet_table
from studio.errors import DatasetError

DEEP = 30_000


def footer(depth: int) -> bytes:
    """A parquet file without rows whose schema is one column in `depth` groups, written by hand."""

    def group(name: bytes, children: int) -> bytes:
        return b"\x35\x00\x18" + bytes([len(name)]) + name + b"\x15" + bytes([children * 2]) + b"\x00"

    leaf = b"\x15\x02\x25\x02\x18\x01x\x00"
    count = depth + 2
    varint = b""
    while True:
        count, low = count >> 7, count & 0x7F
        varint += bytes([low | (0x80 if count else 0)])
        if not count:
            break
    schema = b"\x48\x04root\x15\x02\x00" + group(b"a", 1) * depth + leaf
    metadata = b"\x15\x02\x19\xfc" + varint + schema + b"\x16\x00\x19\x0c\x00"
    return b"PAR1" + metadata + len(metadata).to_bytes(4, "little") + b"PAR1"


def test_the_handmade_parquet_file_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(footer(3))

    assert str(pq.read_schema(path).types[0]).count("struct") == 3


@pytest.mark.parametrize("depth", [9, 99, 2000])
def test_a_parquet_column_that_is_nested_deep_is_refused(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(footer(depth))

    with pytest.raises(DatasetError, match="nested") as refused:
        read_parquet_table(path, "a.parquet")

    assert refused.value.found
    assert refused.value.expected


def test_lists_of_lists_in_parquet_are_read_to_the_stated_depth(tmp_path: Path) -> None:
    value, kind = 1, pa.int64()
    for _ in range(8):
        value, kind = [value], pa.list_(kind)  # type: ignore[assignment]
    pq.write_table(pa.table({"a": pa.array([value], kind)}), tmp_path / "a.parquet")

    assert read_parquet_table(tmp_path / "a.parquet", "a.parquet").frame["a"][0] == value


@pytest.mark.parametrize("line", ['{"a": ' * 9 + "1" + "}" * 9, '{"a": ' + "[" * 900 + "]" * 900 + "}", "[" * DEEP])
def test_a_deep_line_of_json_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n' + line)

    with pytest.raises(DatasetError, match=r"line 2 .*nested more than 8 deep"):
        read_json_lines_table(path, "a.jsonl")


@pytest.mark.parametrize(
    "cell",
    ["[" + "[" * DEEP + "]" * DEEP + "]", "[" + "(" * DEEP + "1" + ")" * DEEP + "]", "[" + "-" * DEEP + "1]",
     "[" + "{0:" * DEEP + "1" + "}" * DEEP + "]", "[" + "not " * DEEP + "1]", "[1" + "+1" * DEEP + "]",
     "[" + "a." * DEEP + "a]", "[" + "lambda:" * DEEP + "1]", "[a" + "()" * DEEP + "]", "['a'" + "[0]" * DEEP + "]",
     "[[1], [2]]", "[" + "1 if 1 else " * DEEP + "1]"],
    ids=lambda cell: cell[:8],
)  # fmt: skip
def test_a_cell_is_one_flat_list(cell: str) -> None:
    with pytest.raises(CellError) as refused:
        parse_list(cell)

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("cell", ["['a[b', \"c(d\"]", "('it''s', 'x')", r"['a\'[', 'b']", "[1, -2, +3, 4e-5, .5]"])
def test_brackets_inside_of_words_are_no_depth(cell: str) -> None:
    assert parse_list(cell)


def test_deep_xml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<a>" * DEEP + "</a>" * DEEP)

    with pytest.raises(XmlError, match="more than 32 deep"):
        parse_xml(path)


@pytest.mark.parametrize("shape", ["(" * 4000, "-" * 9000 + "1", "1+" * 4000 + "1"])
def test_a_deep_header_of_an_array_is_refused(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)

    with path.open("rb") as file, pytest.raises(ImageError, match="damaged"):
        read_array_header(file)


@pytest.mark.parametrize("format", ["coco", "squad"])
def test_deep_documents_are_refused_by_their_depth(
    tmp_path: Path, scan_files: Callable[..., object], format: str
) -> None:
    keys = ["images", "annotations", "categories", "bbox", "data", "paragraphs", "context", "qas", "question"]
    source = tmp_path / "source"
    source.mkdir()
    document = json.dumps({key: [] for key in keys}).replace('"images": []', '"images": ' + "[" * 90 + "]" * 90)
    (source / "train.json").write_text(document)

    result = scan_files(source, {"format": format})

    assert "nested more than 64 deep" in result.error.message  # type: ignore[attr-defined]
    assert "64 levels" in result.error.found  # type: ignore[attr-defined]
