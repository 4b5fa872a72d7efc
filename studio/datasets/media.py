"""Images: the one reader that inspection, training, the studio's pages and scoring pipelines share.

Decides once what is decided differently by every library: orientation tags are applied, transparent pixels stand on
white, 16-bit values are scaled to 8 bits, CMYK becomes RGB, of several frames the first is read.
"""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from studio.errors import StudioError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")
MAX_PIXELS = 89_000_000
_ORIENTATION_TAG = 0x0112
_SIDEWAYS = frozenset({5, 6, 7, 8})


class ImageError(StudioError):
    """A file that cannot be read as an image; the code says in which way."""

    code = "image"


@dataclass(frozen=True)
class ImageFacts:
    """What a file's header says, the orientation tag applied."""

    width: int
    height: int
    channels: int
    format: str
    frames: int
    orientation: int
    is_deep: bool
    """Whether it has more than 8 bits a channel."""


def read_facts(path: Path) -> ImageFacts:
    """Size and kind of an image from its header, without decoding it.

    Raises:
        ImageError: if it is no supported image, or too large.
    """
    with _open(path) as image, _reading():
        return _facts(image)


def open_image(path: Path, channels: int = 3) -> NDArray[np.uint8]:
    """Decoded pixels, (height, width, channels) uint8, RGB or grey.

    Raises:
        ImageError: if the file is empty, unsupported, truncated, damaged or too large.
    """
    with _open(path) as image, _reading():
        return _pixels(image, channels)


def decode_image(data: bytes, channels: int = 3) -> NDArray[np.uint8]:
    """Like `open_image`, from bytes in memory."""
    with _open(io.BytesIO(data)) as image, _reading():
        return _pixels(image, channels)


def inspect_image(path: Path, preview: Path | None = None, preview_size: int = 256) -> ImageFacts:
    """Decode an image to its last byte, once, and write a thumbnail if asked.

    Raises:
        ImageError: as `open_image`.
    """
    with _open(path) as image, _reading():
        facts = _facts(image)
        upright = _upright(image)
        if preview is not None:
            small = upright.convert("RGB") if upright.mode != "RGB" else upright
            small.thumbnail((preview_size, preview_size))
            preview.parent.mkdir(parents=True, exist_ok=True)
            small.save(preview, "JPEG", quality=85)
        return facts


def sniff_type(head: bytes) -> str | None:
    """The MIME type of image bytes that browsers draw, by content; None for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:2] == b"BM":
        return "image/bmp"
    return None


def _open(source: Path | BinaryIO) -> Image.Image:
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    if isinstance(source, Path) and source.stat().st_size == 0:
        raise ImageError("The file is empty.", hint="Copy it again, or remove the row.", code="image_empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(source, formats=FORMATS)
    except UnidentifiedImageError:
        raise ImageError(
            "The file is not a supported image.",
            hint=f"Supported are {', '.join(FORMATS)}, recognised by content.",
            code="image_unsupported",
        ) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _damaged(error) from None
    if image.width * image.height > MAX_PIXELS:
        size = f"{image.width} x {image.height}"
        image.close()
        raise ImageError(
            f"The image has {size} pixels.", hint=f"At most {MAX_PIXELS:,} pixels are read.", code="image_too_large"
        )
    return image


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever the decoder stumbles over is a damaged image."""
    try:
        yield
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> ImageError:
    if "truncated" in str(error) or "premature" in str(error).lower():
        return ImageError("The image is cut off.", hint="Copy the file again.", code="image_truncated")
    return ImageError(f"The image is damaged ({error}).", hint="Copy the file again.", code="image_damaged")


def _facts(image: Image.Image) -> ImageFacts:
    orientation = int(image.getexif().get(_ORIENTATION_TAG, 1))
    width, height = image.size
    if orientation in _SIDEWAYS:
        width, height = height, width
    return ImageFacts(
        width=width,
        height=height,
        channels=len(image.getbands()),
        format=str(image.format),
        frames=int(getattr(image, "n_frames", 1)),
        orientation=orientation,
        is_deep=image.mode.startswith(("I", "F")),
    )


def _upright(image: Image.Image) -> Image.Image:
    image.seek(0)
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        image = _to_eight_bits(image)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        opaque = image.convert("RGBA")
        white = Image.new("RGBA", opaque.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, opaque).convert("RGB")
    return image


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """16-bit integers by their high byte; floats between their own ends."""
    values = np.asarray(image)
    if image.mode == "F":
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        scaled = (values - low) / (high - low or 1.0) * 255.0
        return Image.fromarray(np.nan_to_num(scaled).round().astype(np.uint8))
    deep = values.astype(np.int64)
    return Image.fromarray((np.clip(deep, 0, 65535) >> 8 if deep.max(initial=0) > 255 else deep).astype(np.uint8))


def _pixels(image: Image.Image, channels: int) -> NDArray[np.uint8]:
    upright = _upright(image).convert("L" if channels == 1 else "RGB")
    pixels = np.asarray(upright, dtype=np.uint8)
    return pixels[:, :, None] if channels == 1 else pixels
