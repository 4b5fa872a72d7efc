"""What a file is that is not what it was taken for."""

import ast
from pathlib import Path

import pytest

import studio
from studio.datasets.uploads.file_kinds import KINDS, kind_of_bytes

STUDIO = Path(studio.__file__).parent


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "0 bytes"),
        (b"\n<!DOCTYPE html><p>sign in", "a web page"),
        (b"<svg xmlns='x'/>", "an SVG image"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"PK\x03\x04", "a zip or Office file"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"%PDF-1.7", "a PDF file"),
        (b"\0" * 128 + b"DICM", "a DICOM file"),
        (b"\0\0\0\x20ftypavif", "a file of the kind AVIF"),
        (b"\x80\x04\x95", "a pickle"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"\0" * 257 + b"ustar", "a tar archive"),
        (b"\x89PNG\r\n\x1a\n\0", "a PNG image"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a WAV recording"),
        (b"BM\x46\0\0\0\0\0", "a BMP image"),
        (b"BMW,red", "text that begins with 'BMW,red'"),
        (b"hello", "text that begins with 'hello'"),
        (b"\xff\x00\x01", "bytes ff 00 01"),
    ],
)
def test_a_file_is_named_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert kind_of_bytes(head) == kind


def test_magic_bytes_stand_in_one_file() -> None:
    table = STUDIO / "datasets" / "uploads" / "file_kinds.py"
    starts = {start for kind in KINDS for start in (*kind.starts, kind.then[1]) if start}

    found = [
        f"{path.relative_to(STUDIO)}:{node.lineno} {node.value!r}"
        for path in STUDIO.rglob("*.py")
        if path != table
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes)
        if any(node.value == start or node.value.startswith(start[:4]) for start in starts)
    ]

    assert found == []
