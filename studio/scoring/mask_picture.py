"""A picture of an image with masks over it, as PNG."""

import colorsys
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from studio.datasets.masks.run_lengths import decode
from studio.datasets.media.readers.image import READER
from studio.errors import StudioError
from studio.modeling.predictions import PredictedMask

PICTURE_TYPE = "image/png"
PICTURE_AXES = 2
OPACITY = 0.5
GOLDEN_SHARE = 0.618034
"""Of the circle of hues, between neighbours: no two of a dozen in a row are alike."""
COLOUR_CHANNELS = 3


def is_drawn(medium: str | None) -> bool:
    """Whether masks over a medium make a picture."""
    return medium == READER.name


def drawn_masks(image: Path, masks: Sequence[PredictedMask]) -> bytes:
    """The image in colour, each mask in a colour of its own; masks over black where it cannot be read in colour."""
    pixels = _pixels(image, masks)
    for place, mask in enumerate(masks):
        red, green, blue = colorsys.hsv_to_rgb(place * GOLDEN_SHARE % 1.0, 0.8, 1.0)
        colour = 255 * np.array([red, green, blue])
        covered = decode(mask.runs, *mask.shape)
        pixels[covered] = (1 - OPACITY) * pixels[covered] + OPACITY * colour
    content = io.BytesIO()
    Image.fromarray(pixels.round().astype(np.uint8)).save(content, "PNG")
    return content.getvalue()


def _pixels(image: Path, masks: Sequence[PredictedMask]) -> np.ndarray:
    try:
        return np.asarray(READER.decode(image, COLOUR_CHANNELS), dtype=np.float64)
    except StudioError:
        shape = masks[0].shape if masks else (1, 1)
        return np.zeros((*shape, COLOUR_CHANNELS))
