"""The size of a picture, and what annotations that were drawn at another size become."""

from __future__ import annotations

from pathlib import Path

from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER

SAME_RATIO = 0.02
"""So much may the scales of width and height differ: sides are whole pixels."""
Size = tuple[int, int]
"""Width and height in pixels."""
Scale = tuple[float, float]
"""Of x and of y, from where an annotation was drawn to the picture."""
ONE: Scale = (1.0, 1.0)


def size_in_file(path: Path) -> Size | None:
    """The size of a picture as it is shown, from its header; None where that cannot be read, which import says."""
    try:
        facts = READER.read_facts(path)
    except (MediaError, OSError):
        return None
    return facts.width, facts.height


def scale_to(stated: Size | None, real: Size | None) -> Scale | None:
    """From the size that annotations state to that of the picture; None if its sides have another ratio."""
    if stated is None or real is None or stated == real:
        return ONE
    across, down = real[0] / stated[0], real[1] / stated[1]
    return (across, down) if abs(across - down) <= SAME_RATIO * max(across, down) else None


def both_sizes(stated: Size, real: Size) -> str:
    """Both sizes in words."""
    return f"{real[0]} x {real[1]}, not {stated[0]} x {stated[1]} pixels"
