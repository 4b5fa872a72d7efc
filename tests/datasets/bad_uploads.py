"""Builders of uploads that are good but for one thing: functions that write below a folder and give the source."""

import csv
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

Make = Callable[[Path], Path]
IMAGES = 6
SIZE = (40, 30)
HEADER = "image,label\n"
ROWS = [f"{number}.png,{'ab'[number % 2]}" for number in range(IMAGES)]
TABLE = HEADER + "\n".join(ROWS) + "\n"


def noise(number: int, size: tuple[int, int] = SIZE, mode: str = "RGB") -> Image.Image:
    """An image of its own, the same on every machine."""
    shape = (size[1], size[0], 3)
    return Image.fromarray(np.random.default_rng(number).integers(0, 255, shape, dtype=np.uint8)).convert(mode)


def packed(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def array(values: np.ndarray) -> bytes:
    """The bytes of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def upload(
    table: str | bytes | None = TABLE,
    name: str = "train.csv",
    files: Mapping[str, bytes] | None = None,
    images: int = IMAGES,
) -> Make:
    """A folder with a table and images/, and further files by path."""

    def make(folder: Path) -> Path:
        source = folder / "source"
        (source / "images").mkdir(parents=True)
        for number in range(images):
            noise(number).save(source / "images" / f"{number}.png")
        if table is not None:
            (source / name).write_bytes(table if isinstance(table, bytes) else table.encode())
        for path, data in (files or {}).items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(data)
        return source

    return make


def with_image(data: bytes, name: str = "bad.png", label: str = "a") -> Make:
    """The good upload and a seventh row with this image."""
    return upload(f"{TABLE}{name},{label}\n", files={f"images/{name}": data})


def labels(*values: str, header: str = "image,label") -> Make:
    """A CSV whose rows have these labels."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header.split(","))
    writer.writerows((f"{number}.png", *value.split("\t")) for number, value in enumerate(values))
    return upload(buffer.getvalue(), images=len(values))


def file(name: str, data: bytes) -> Make:
    """A single file as the upload."""

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        return folder / name

    return make


def zipped(make: Make, change: Callable[[bytes], bytes] = lambda data: data, **options: Any) -> Make:
    """An upload as a zip file, its bytes changed afterwards."""

    def made(folder: Path) -> Path:
        source = make(folder / "plain")
        archive = folder / "upload.zip"
        with zipfile.ZipFile(archive, "w", **options) as target:
            for path in sorted(source.rglob("*")):
                if path.is_file():
                    target.write(path, path.relative_to(source))
        archive.write_bytes(change(archive.read_bytes()))
        return archive

    return made


def entries(names: Mapping[str, bytes] | Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> Make:
    """A zip file of these entries."""

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        pairs = list(names.items()) if isinstance(names, Mapping) else list(names)
        with zipfile.ZipFile(folder / "upload.zip", "w", method) as target:
            for name, data in pairs:
                target.writestr(name, data)
        return folder / "upload.zip"

    return make


def boxes(*rows: Mapping[str, Any], count: int = 4, size: tuple[int, int] = SIZE) -> Make:
    """A detection upload: good rows, then rows with these cells changed."""

    def make(folder: Path) -> Path:
        source = folder / "source"
        (source / "images").mkdir(parents=True)
        good = {"class_id": ["a"], "x_min": [5], "y_min": [5], "x_max": [20], "y_max": [20]}
        table = [{"image": f"{n}.png", **good, **row} for n, row in enumerate([{}] * count + list(rows))]
        for number in range(len(table)):
            noise(number, size).save(source / "images" / f"{number}.png")
        frame = pd.DataFrame(table)
        if frame.map(lambda cell: isinstance(cell, str)).drop(columns="image").any(axis=None):
            text = frame.map(lambda cell: cell if isinstance(cell, str) else json.dumps(cell))
            text.to_csv(source / "train.csv", index=False)
        else:
            frame.to_parquet(source / "train.parquet", index=False)
        return source

    return make


def coco(change: Callable[[dict[str, Any]], None]) -> Make:
    """Four images with one box each as COCO, changed."""

    def make(folder: Path) -> Path:
        document: dict[str, Any] = {
            "images": [{"id": n, "file_name": f"{n}.png", "width": 40, "height": 30} for n in range(4)],
            "annotations": [
                {"id": n, "image_id": n, "category_id": 1, "bbox": [5, 5, 10, 10], "iscrowd": 0} for n in range(4)
            ],
            "categories": [{"id": 1, "name": "a"}],
        }
        change(document)
        return upload(json.dumps(document), "train.json", images=4)(folder)

    return make


def yolo(line: str, names: bytes = b"names: [a, b]\n") -> Make:
    """Four images with YOLO labels; the last has this line."""
    lines = ["0 0.5 0.5 0.2 0.2"] * 3 + [line]
    files = {f"labels/{number}.txt": text.encode() for number, text in enumerate(lines)}
    return upload(None, files={**files, "data.yaml": names}, images=4)


def voc(change: Callable[[str], str]) -> Make:
    """Four images with VOC annotations; the last is changed."""
    box = "<bndbox><xmin>5</xmin><ymin>5</ymin><xmax>20</xmax><ymax>20</ymax></bndbox>"
    texts = [
        f"<annotation><filename>{n}.png</filename><object><name>a</name>{box}</object></annotation>" for n in range(4)
    ]
    texts[-1] = change(texts[-1])
    return upload(None, files={f"xml/{n}.xml": text.encode() for n, text in enumerate(texts)}, images=4)


def parquet(**columns: Any) -> Make:
    def make(folder: Path) -> Path:
        source = upload(None)(folder)
        pq.write_table(pa.table({"image": [f"{n}.png" for n in range(6)], **columns}), source / "train.parquet")
        return source

    return make


def black_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return packed(noise(9), "JPEG", exif=exif)


def frames() -> bytes:
    return packed(noise(1), "GIF", save_all=True, append_images=[noise(2)])


def encrypted(data: bytes) -> bytes:
    """The mark of a password on every entry."""
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := data.find(magic, start)) >= 0:
            data = data[: start + offset] + b"\x01\x00" + data[start + offset + 2 :]
            start += 4
    return data


def damaged(data: bytes) -> bytes:
    """One bit of an entry's content turned round."""
    place = data.find(b"image,label") + 3
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def unmarked(name: bytes) -> Callable[[bytes], bytes]:
    """The placeholder name replaced by bytes in another encoding, without the mark for UTF-8."""
    return lambda data: data.replace(b"placeholder", name.ljust(11, b"_"))


def empty_parquet(folder: Path) -> Path:
    source = upload(None)(folder)
    pq.write_table(pa.table({"image": pa.array([], pa.string())}), source / "train.parquet")
    return source


def truncated_parquet(folder: Path) -> Path:
    source = parquet(label=["a", "b"] * 3)(folder)
    data = (source / "train.parquet").read_bytes()
    (source / "train.parquet").write_bytes(data[: len(data) // 2] + b"PAR1")
    return source


def many_classes(folder: Path) -> Path:
    rows = "\n".join(f"{number % 6}.png,class {number // 2}" for number in range(3000))
    return upload(f"{HEADER}{rows}\n")(folder)


def imbalanced(folder: Path) -> Path:
    rows = "\n".join(f"{number % 6}.png,{'rare' if number == 0 else 'often'}" for number in range(1001))
    return upload(f"{HEADER}{rows}\n")(folder)


def many_files(folder: Path) -> Path:
    good = packed(noise(1, (8, 8)))
    files = {f"images/f{number}.png": good for number in range(299)} | {"images/f299.png": b"broken"}
    rows = "\n".join(f"f{number}.png,{'ab'[number % 2]}" for number in range(300))
    return upload(f"{HEADER}{rows}\n", files=files, images=0)(folder)


def same_images(image: Image.Image) -> Make:
    return upload(files={f"images/{number}.png": packed(image) for number in range(6)})


def turned_boxes(folder: Path) -> Path:
    source = boxes({})(folder)
    (source / "images" / "0.png").write_bytes(turned(6))
    return source
