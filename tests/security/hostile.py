"""Hostile files, built by the tests and never stored."""

import io
import pathlib
import pickle
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

FORMULA = '=HYPERLINK("http://evil.test","x")'
MARKUP = '"><img src=x onerror=window.__x=1><svg onload=window.__x=1>'
TEMPLATE = "{{7*7}} ${7*7} <%=7*7%>"
CONTROL = "a\x1b[2J\r\nINFO forged"
TRAVERSALS = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%252f", "%252e%252e%252f", "....//", "..;/", "..%5c", "..\\",
              "/../", "//..", "%00../", "..%c0%af")  # fmt: skip


def pickle_that_touches(mark: Path) -> bytes:
    """A pickle whose loading would create the file `mark`."""

    class Harm:
        def __reduce__(self) -> object:
            return (pathlib.Path(mark).touch, ())

    return pickle.dumps(Harm())


def packed(files: Mapping[str, bytes | str]) -> bytes:
    """A zip of these files, with the names as they are."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def picture(seed: int, side: int = 24) -> bytes:
    """A small PNG of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A small PNG of very many black pixels."""
    compressor = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    body = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def overlap_zip(entries: int = 2000, megabytes: int = 16) -> bytes:
    """A zip of many names that share one body."""
    raw = b"0" * (megabytes << 20)
    compressor = zlib.compressobj(9, 8, -15)
    data = compressor.compress(raw) + compressor.flush()
    sizes = struct.pack("<III", zlib.crc32(raw), len(data), len(raw))
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", 1, 0) + b"f" + data
    entry = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
    directory = (entry + struct.pack("<HHHHHII", 1, 0, 0, 0, 0, 0, 0) + b"f") * entries
    return (
        local + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, entries, entries, len(directory), len(local), 0)
    )


def expanding_zip(megabytes: int = 512) -> bytes:
    """A zip of one member that unpacks to a thousand times its size."""
    return packed({"train.csv": b"a,b\n" + b"0" * (megabytes << 20)})


def nested_zip(depth: int = 10) -> bytes:
    """A zip in a zip in a zip."""
    data = packed({"train.csv": b"0" * (8 << 20)})
    for _ in range(depth):
        data = packed({"inner.zip": data})
    return data


def twice_named_zip() -> bytes:
    """A zip whose directory names one file twice."""
    data = packed({"train.csv": "a,b\n1,2\n", "tra1n.csv": "a,b\n3,4\n"})
    return data.replace(b"tra1n.csv", b"train.csv")


def lying_zip() -> bytes:
    """A zip whose local header names another file than its directory."""
    return packed({"train.csv": "a,b\n1,2\n"}).replace(b"train.csv", b"evil0.csv", 1)


def linking_zip(target: Path) -> bytes:
    """A zip with a link out, and a file to be written through it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("media")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(target))
        archive.writestr("media/through.csv", "a,b\n1,2\n")
    return stream.getvalue()


def parquet_bomb(rows: int = 200_000) -> bytes:
    """A kilobyte of parquet that decodes to 200 GB of strings."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    words = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 1_000_000]))
    target = io.BytesIO()
    pq.write_table(pa.table({"a": words}), target, compression="zstd")
    return target.getvalue()
