"""Decoding of images, behind `readers/image.py`.

Decides once what is decided differently by every library: orientation tags are applied, transparent pixels stand on
white unless four channels are asked for, 16-bit values are scaled to 8 bits, CMYK becomes RGB, of several frames the
first is read. NumPy files are read by `numpy_image`.
"""

import io
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, PngImagePlugin, UnidentifiedImageError

from studio.datasets.media.image_facts import NUMPY, SKETCH_SIDE, ImageFacts
from studio.datasets.media.numpy_image import (
    BLOCK_VALUES,
    ImageError,
    Scaling,
    convert,
    read_array,
    read_array_header,
)
from studio.datasets.uploads.file_kinds import HEAD_BYTES, file_kind, is_kind, kind_of_bytes
from studio.files import read_head

__all__ = ["ImageError", "decode_image", "inspect_image", "open_image", "read_facts"]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
_AN_IMAGE = f"a {', '.join(FORMATS)} or NumPy image"
PngImagePlugin.MAX_TEXT_CHUNK = 16 << 20
"""Bytes of a text beside the pixels. Image editors and generators write more than Pillow's 1 MiB; 64 MiB is the limit
of all texts of a file."""
MAX_PIXELS = 89_000_000
MIN_SIDE = 2
THUMBNAIL_SIDE = 256
VIEW_SIDE = 1024
"""Of the pictures that stand in for files that browsers do not draw."""
_ORIENTATION_TAG = 0x0112
_SIDEWAYS = frozenset({5, 6, 7, 8})


def read_facts(path: Path) -> ImageFacts:
    """Size and kind of an image from its header, without decoding it.

    Raises:
        ImageError: if it is no supported image, or too large.
    """
    if _is_numpy(path):
        with path.open("rb") as file:
            return _array_facts(file)
    with _open(path) as image, _reading():
        return _facts(image)


def open_image(path: Path, channels: int = 3) -> NDArray[np.uint8]:
    """Decoded pixels, (height, width, channels) uint8: RGB, grey, RGBA, or as many as a NumPy file has.

    Raises:
        ImageError: if the file is empty, unsupported, truncated, damaged or too large, or has other channels.
    """
    if _is_numpy(path):
        with path.open("rb") as file:
            return _as_channels(read_array(file)[0], channels)
    with _open(path) as image, _reading():
        return _pixels(image, channels)


def decode_image(data: bytes, channels: int = 3) -> NDArray[np.uint8]:
    """Like `open_image`, from bytes in memory."""
    if is_kind(data[:HEAD_BYTES], "numpy"):
        return _as_channels(read_array(io.BytesIO(data))[0], channels)
    with _open(io.BytesIO(data)) as image, _reading():
        return _pixels(image, channels)


def inspect_image(path: Path, preview: Path | None = None, *, with_thumbnail: bool = True) -> ImageFacts:
    """Decode an image to its last byte, once, and write a small picture of it if asked.

    Files that browsers do not draw always get a picture, a larger one, to be shown in their place.

    Raises:
        ImageError: as `open_image`, or if a side is shorter than 2 pixels.
    """
    if _is_numpy(path):
        with path.open("rb") as file:
            facts = _array_facts(file)
            file.seek(0)
            pixels, scaling = read_array(file)
        upright = Image.fromarray(pixels[:, :, :3] if facts.channels >= 3 else pixels[:, :, 0])
        facts = replace(facts, scaling=scaling, is_flat=bool((pixels.min((0, 1)) == pixels.max((0, 1))).all()))
    else:
        with _open(path) as image, _reading():
            facts = _facts(image)
            upright, scaling = _upright(image)
            facts = replace(facts, scaling=scaling or ("high byte" if facts.is_deep else ""), is_flat=_is_flat(upright))
    if min(facts.width, facts.height) < MIN_SIDE:
        raise ImageError(
            f"The image has only {facts.width} x {facts.height} pixels.",
            hint=f"Each side needs at least {MIN_SIDE} pixels.",
            code="image_too_small",
            found=f"{facts.width} x {facts.height} pixels",
            expected=f"at least {MIN_SIDE} x {MIN_SIDE} pixels",
        )
    facts = replace(facts, sketch=_sketch(upright))
    if preview is not None and (with_thumbnail or not facts.is_drawn):
        _write_preview(upright, preview, THUMBNAIL_SIDE if facts.is_drawn else VIEW_SIDE)
    return facts


def _is_numpy(path: Path) -> bool:
    return path.suffix.lower() == ".npy" and is_kind(read_head(path), "numpy")


def _array_facts(file: BinaryIO) -> ImageFacts:
    header = read_array_header(file)
    return ImageFacts(
        width=header.width,
        height=header.height,
        channels=header.channels,
        format=NUMPY,
        frames=1,
        orientation=1,
        is_deep=header.dtype.newbyteorder("=") == np.uint16,
    )


def _as_channels(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Pixels of a NumPy file with the channels asked for; only grey and colour become each other."""
    found = pixels.shape[2]
    if found == channels:
        return pixels
    if found == 1 and channels == 3:
        return np.repeat(pixels, 3, axis=2)
    if found == 3 and channels == 1:
        return np.asarray(Image.fromarray(pixels).convert("L"), dtype=np.uint8)[:, :, None]
    raise _other_channels(found, channels)


def _other_channels(found: int, channels: int) -> ImageError:
    return ImageError(
        f"The image has {found} channels and cannot be read as {channels}.",
        hint=f"Set Image channels to {found}, or use images with {channels} channels."
        if found not in (1, 2, 3)
        else "Set Image channels to 3 for colour or 1 for grey; other numbers need NumPy images.",
        code="image_channels",
        found=f"{found} channel{'s' if found != 1 else ''}",
        expected=f"{channels} channel{'s' if channels != 1 else ''}",
    )


def _write_preview(upright: Image.Image, preview: Path, side: int) -> None:
    small = upright if upright.mode in ("L", "RGB") else upright.convert("RGB")
    small.thumbnail((side, side))
    preview.parent.mkdir(parents=True, exist_ok=True)
    small.convert("RGB").save(preview, "JPEG", quality=85)


def _sketch(image: Image.Image) -> bytes:
    plain = image if image.mode in ("L", "RGB") else image.convert("RGB")
    return plain.resize((SKETCH_SIDE, SKETCH_SIDE), Image.Resampling.BOX).convert("L").tobytes()


def _is_flat(image: Image.Image) -> bool:
    ends = image.getextrema()
    pairs = ends if isinstance(ends[0], tuple) else (ends,)
    return all(pair[0] == pair[1] for pair in pairs if isinstance(pair, tuple))


def _open(source: Path | BinaryIO) -> Image.Image:
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    if isinstance(source, Path) and source.stat().st_size == 0:
        raise ImageError(
            "The file is empty.",
            hint="Copy it again, or remove the row.",
            code="image_empty",
            found="0 bytes",
            expected=_AN_IMAGE,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(source, formats=FORMATS)
    except UnidentifiedImageError:
        raise ImageError(
            "The file is not a supported image.",
            hint=f"Supported are {', '.join(FORMATS)}, recognised by content, and NumPy arrays named .npy.",
            code="image_unsupported",
            found=_kind_of(source),
            expected=_AN_IMAGE,
        ) from None
    except Image.DecompressionBombError as error:
        raise _too_large("more pixels than can be read", _pixels_said(error)) from None
    except (OSError, ValueError, SyntaxError) as error:
        raise _damaged(error) from None
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise _too_large(f"{image.width} x {image.height} pixels")
    return image


def _pixels_said(error: Image.DecompressionBombError) -> str:
    """The number of pixels in the words of the decoder, which says nothing else before it gives up."""
    number = re.search(r"\d+", str(error))
    return f"{int(number.group()):,} pixels" if number else ""


def _too_large(size: str, found: str = "") -> ImageError:
    return ImageError(
        f"The image has {size}.",
        hint=f"At most {MAX_PIXELS:,} pixels are read.",
        code="image_too_large",
        found=found or size,
        expected=f"at most {MAX_PIXELS:,} pixels",
    )


def _kind_of(source: Path | BinaryIO) -> str:
    """What a file that is no image is, as far as its first bytes tell."""
    if isinstance(source, Path):
        head = read_head(source)
    else:
        source.seek(0)
        head = source.read(HEAD_BYTES)
    words, known = kind_of_bytes(head), file_kind(head)
    is_begun = known is not None and known.group == "image" and known.words == words
    return f"{words} whose header cannot be read" if is_begun else words


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever the decoder stumbles over is a damaged image."""
    try:
        yield
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> ImageError:
    if "truncated" in str(error) or "premature" in str(error).lower():
        return ImageError(
            "The image is truncated.",
            hint="Copy the file again.",
            code="image_truncated",
            found="a truncated image",
            expected="a complete image",
        )
    return ImageError(
        f"The image is damaged ({error}).",
        hint="Copy the file again.",
        code="image_damaged",
        found="bytes that cannot be decoded",
        expected="a complete image",
    )


def _facts(image: Image.Image) -> ImageFacts:
    # PNG's own getexif decodes the whole image, in case the tag stands behind the pixels.
    exif = Image.Image.getexif(image) if image.format == "PNG" else image.getexif()
    orientation = int(exif.get(_ORIENTATION_TAG, 1))
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
        is_deep=image.mode.startswith("I"),
        has_alpha=image.getbands()[-1] == "A",
    )


def _upright(image: Image.Image, *, keep_alpha: bool = False) -> tuple[Image.Image, Scaling]:
    """The decoded image with its tags applied, in bytes and opaque, and how floats became bytes."""
    image.seek(0)
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    scaling: Scaling = ""
    if image.mode.startswith(("I", "F")):
        image, scaling = _to_eight_bits(image)
    if not keep_alpha and (image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info):
        image = _on_white(image)
    return image, scaling


def _on_white(image: Image.Image) -> Image.Image:
    """The image without transparency; by strips, because every step on its way is another image."""
    opaque = Image.new("RGB", image.size)
    for top, strip in _strips(image):
        pixels = strip.convert("RGBA")
        white = Image.new("RGBA", pixels.size, (255, 255, 255, 255))
        opaque.paste(Image.alpha_composite(white, pixels).convert("RGB"), (0, top))
    return opaque


def _to_eight_bits(image: Image.Image) -> tuple[Image.Image, Scaling]:
    """16-bit integers by their high byte, 32-bit ones that are no bytes likewise; floats as in NumPy files."""
    dtype: np.dtype[np.generic] = np.dtype(np.float32)
    highest = 0
    if image.mode.startswith("I;"):
        dtype, highest = np.dtype(np.uint16), 65535
    elif image.mode == "I":
        is_deep = float(image.getextrema()[1]) > 255  # type: ignore[arg-type]
        dtype, highest = (np.dtype(np.uint16), 65535) if is_deep else (np.dtype(np.uint8), 255)

    def blocks() -> Iterator[NDArray[np.generic]]:
        for _, strip in _strips(image):
            values = np.asarray(strip)
            yield np.clip(values, 0, highest).astype(dtype) if highest else values

    flat, scaling = convert(blocks, image.width * image.height, dtype)
    return Image.fromarray(flat.reshape(image.height, image.width)), scaling if dtype == np.float32 else ""


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The image in pieces of its whole width, each with its first row."""
    rows = max(1, BLOCK_VALUES // max(1, image.width))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(image.height, top + rows)))


def _pixels(image: Image.Image, channels: int) -> NDArray[np.uint8]:
    if channels == 4 and image.mode == "RGBA":
        return np.asarray(_upright(image, keep_alpha=True)[0], dtype=np.uint8)
    if channels not in (1, 3):
        raise _other_channels(len(image.getbands()), channels)
    upright, mode = _upright(image)[0], "L" if channels == 1 else "RGB"
    pixels = np.asarray(upright if upright.mode == mode else upright.convert(mode), dtype=np.uint8)
    return pixels[:, :, None] if channels == 1 else pixels
