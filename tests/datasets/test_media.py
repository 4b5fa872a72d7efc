"""Images, good and bad: rows E63 to E74, B32 and B33."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.datasets.media.image_decoding import ImageError, decode_image, inspect_image, open_image, read_facts
from studio.datasets.uploads.file_kinds import shown_type


def saved(tmp_path: Path, image: Image.Image, name: str = "a.png", **options: object) -> Path:
    path = tmp_path / name
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def black_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_tags_are_applied(tmp_path: Path, orientation: int) -> None:
    image = Image.new("RGB", (40, 20), "black")
    image.paste("white", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, image, "a.jpg", exif=exif, quality=95)

    pixels = open_image(path)
    facts = read_facts(path)

    assert pixels.shape[:2] == (facts.height, facts.width) == ((20, 40) if orientation <= 4 else (40, 20))
    bright = np.argwhere(pixels[:, :, 0] > 128).mean(axis=0) / pixels.shape[:2]
    expected = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}[orientation]
    side = ("top" if bright[0] < 0.4 else "bottom" if bright[0] > 0.6 else "") or (
        "left" if bright[1] < 0.4 else "right"
    )
    assert side == expected


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    deep = (np.linspace(0, 65535, 64 * 64).reshape(64, 64)).astype(np.uint16)
    path = saved(tmp_path, Image.fromarray(deep))

    pixels = open_image(path, channels=1)

    assert abs(float(pixels.mean()) - 127.5) < 1.5


def test_transparent_pixels_stand_on_white(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGBA", (4, 4), (255, 0, 0, 0)))

    assert (open_image(path) == 255).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "F"])
def test_every_mode_becomes_three_or_one_channels(tmp_path: Path, mode: str) -> None:
    path = saved(tmp_path, Image.new(mode, (8, 6)), "a.tif")

    assert open_image(path).shape == (6, 8, 3)
    assert open_image(path, channels=1).shape == (6, 8, 1)
    assert open_image(path).dtype == np.uint8


def test_the_content_decides_and_not_the_ending(tmp_path: Path) -> None:
    Image.new("RGB", (5, 5), "red").save(tmp_path / "a.png", "JPEG")

    assert read_facts(tmp_path / "a.png").format == "JPEG"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "image_empty"),
        (b"<html></html>", "image_unsupported"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "image_unsupported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_unsupported"),
        (black_png(12_000, 12_000), "image_too_large"),
    ],
)
def test_what_is_no_image_is_refused_with_a_code(tmp_path: Path, data: bytes, code: str) -> None:
    (tmp_path / "a.png").write_bytes(data)

    with pytest.raises(ImageError) as error:
        open_image(tmp_path / "a.png")

    assert error.value.code == code


def test_a_truncated_jpeg_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    whole = saved(tmp_path, Image.fromarray(noise), "a.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(ImageError) as error:
        inspect_image(tmp_path / "b.jpg")

    assert error.value.code == "image_truncated"


def test_the_first_of_several_frames_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    path = saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])

    assert read_facts(path).frames == 2
    assert open_image(path)[0, 0, 0] > 200


def test_bytes_and_file_give_the_same_pixels(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    path = saved(tmp_path, Image.fromarray(noise), "a.jpg")

    assert (decode_image(path.read_bytes()) == open_image(path)).all()


def test_a_preview_is_small_and_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, Image.new("RGB", (800, 400)), "a.jpg", exif=exif)

    inspect_image(path, tmp_path / "previews" / "p.jpg")

    with Image.open(tmp_path / "previews" / "p.jpg") as preview:
        assert preview.size == (128, 256)


@pytest.mark.parametrize(
    ("format", "kind"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")]
)
def test_types_are_sniffed_by_content(format: str, kind: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, format)

    assert shown_type(buffer.getvalue()[:32], "image") == kind
    assert shown_type(b"<html>", "image") is None
