"""Files of masks: pictures whose pixels are numbers or colours of classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.masks.run_lengths import encode, runs_by_value
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.datasets.masks.run_lengths import Runs

FORMATS = ("PNG", "BMP", "TIFF", "GIF")
"""Pillow's names of formats that keep every value as it is."""
MOST_VALUES = 256
MOST_OBJECTS = 10_000
_NUMBERS = ("1", "L", "P", "I", "I;16", "I;16B")
_COLOUR_BASE = 256


def read_mask(path: Path, *, as_colours: bool) -> NDArray[np.integer]:
    """Numbers (H, W) of a file's pixels: of the palette or the grey value; with colours, red, green and blue in one.

    Raises:
        MediaError: if it cannot be read, is a JPEG, or holds colours where numbers are expected.
    """
    from PIL import Image, UnidentifiedImageError

    READER.read_facts(path)
    try:
        with Image.open(path, formats=FORMATS) as image:
            image.load()
            if not as_colours and image.mode in _NUMBERS:
                numbers = np.asarray(image)
                return numbers.astype(np.uint8) if numbers.dtype == np.bool_ else numbers
            pixels = np.asarray(image.convert("RGB"))
    except UnidentifiedImageError as error:
        raise MediaError(
            "The mask is a JPEG or another format that changes values.",
            hint="Save masks as PNG.",
            code="mask_jpeg",
            found="a file that is no PNG, BMP, TIFF or GIF",
            expected="a PNG, which keeps every value",
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise MediaError(
            "The mask is damaged or cut off.",
            hint="Save it again.",
            code="mask_damaged",
            found=str(error)[:100] or type(error).__name__,
            expected="a whole picture",
        ) from error
    if as_colours:
        return colour_number(pixels[..., 0], pixels[..., 1], pixels[..., 2])
    if (pixels == pixels[..., :1]).all():
        return pixels[..., 0]
    raise MediaError(
        "The mask is drawn in colours, and nothing says which class a colour is.",
        hint="Add a labelmap.txt with a line name:red,green,blue:: for each class, or write class numbers.",
        code="mask_colours",
        found="red, green and blue that differ",
        expected="class numbers, or a labelmap.txt",
    )


def colour_number(
    red: NDArray[np.integer], green: NDArray[np.integer], blue: NDArray[np.integer]
) -> NDArray[np.integer]:
    """One number for each colour."""
    return np.asarray((red.astype(np.int32) * _COLOUR_BASE + green) * _COLOUR_BASE + blue)


def runs_of_values(numbers_HW: NDArray[np.integer], path: str) -> dict[int, Runs]:
    """The runs of every number but 0.

    Raises:
        MediaError: if there are more than a mask has classes.
    """
    values = np.unique(numbers_HW)
    if len(values) > MOST_VALUES:
        raise MediaError(
            "The mask holds more values than there are classes.",
            hint="Write one number a class; a photo, or numbers of objects, is no mask of classes.",
            code="mask_values",
            found=f"{len(values):,} values in {path}",
            expected=f"at most {MOST_VALUES} values",
        )
    return {int(value): encode(numbers_HW == value) for value in values if value != 0}


def runs_of_objects(numbers_HW: NDArray[np.integer], path: str) -> dict[int, Runs]:
    """The runs of every number but 0.

    Raises:
        MediaError: if there are more than an image has objects.
    """
    found = runs_by_value(numbers_HW)
    if len(found) > MOST_OBJECTS:
        raise MediaError(
            "The mask holds more values than an image has objects.",
            hint="Write one number an object; a photo is no mask.",
            code="mask_values",
            found=f"{len(found):,} values in {path}",
            expected=f"at most {MOST_OBJECTS:,} values",
        )
    return found
