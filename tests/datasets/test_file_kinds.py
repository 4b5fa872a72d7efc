"""What a file is that is not what it was taken for."""

import pytest

from studio.datasets.uploads.file_kinds import kind_of_bytes


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
        (b"hello", "text that begins with 'hello'"),
        (b"\xff\x00\x01", "bytes ff 00 01"),
    ],
)
def test_a_file_is_named_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert kind_of_bytes(head) == kind
