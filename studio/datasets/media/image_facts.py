"""ImageFacts: what is known about an image file. Also where no image is ever read, so nothing here needs Pillow."""

from dataclasses import dataclass, field

from studio.datasets.media.numpy_image import Scaling

EXTENSIONS = (".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".npy")
NUMPY = "NPY"
BYTES_PER_PIXEL = 12
"""Of a decoder at its worst: the decoded image, one that is made of it, and what the decoder itself holds."""
BYTES_PER_VALUE = 3
"""Of a NumPy file, whose values are converted a block at a time."""
SKETCH_SIDE = 32
"""Fields of a sketch, along each side."""
_DRAWN = frozenset({"JPEG", "PNG", "WEBP", "BMP", "GIF"})


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
    """Whether it has more than 8 bits per channel."""
    scaling: Scaling = ""
    """How numbers that are no bytes became bytes; known once the image is decoded."""
    has_alpha: bool = False
    is_flat: bool = False
    """Whether all pixels are the same; known once the image is decoded."""
    sketch: bytes = field(default=b"", repr=False)
    """The mean grey level of each of `SKETCH_SIDE` x `SKETCH_SIDE` fields; known once the image is decoded."""

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def readable_channels(self) -> tuple[int, ...]:
        """The numbers of channels as which the image can be read."""
        if self.format == NUMPY and self.channels not in (1, 3):
            return (self.channels,)
        return (1, 3, 4) if self.channels == 4 and self.has_alpha else (1, 3)

    @property
    def is_drawn(self) -> bool:
        """Whether browsers draw the file itself."""
        return self.format in _DRAWN


def decoding_bytes(facts: ImageFacts) -> int:
    """What decoding an image takes at most, about."""
    pixels = facts.width * facts.height
    return pixels * (facts.channels * BYTES_PER_VALUE if facts.format == NUMPY else BYTES_PER_PIXEL)
