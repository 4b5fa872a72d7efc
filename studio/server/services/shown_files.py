"""Which file stands for a medium on a page."""

from pathlib import Path
from typing import Literal

from studio.datasets.dataset import slices_sheet
from studio.datasets.media.registry import is_shown_by_browsers
from studio.errors import NotFoundError

MediaSize = Literal["256", "full", "slices"]
"""A small picture, the file as it is shown large, or a sheet of slices."""


def shown_file(file: Path, preview: Path, size: MediaSize) -> Path:
    """The file itself where browsers show it, else its preview, if there is one.

    Raises:
        NotFoundError: for a folder that has no preview.
    """
    if size == "slices" and slices_sheet(preview).is_file():
        return slices_sheet(preview)
    if preview.is_file() and (size == "256" or not is_shown_by_browsers(file)):
        return preview
    if not file.is_file():
        raise NotFoundError("There is no picture of this folder.", hint="Name a file.")
    return file
