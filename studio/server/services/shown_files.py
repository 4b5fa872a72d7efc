"""Which file stands for a medium on a page."""

from pathlib import Path
from typing import Literal

from studio.datasets.dataset import slices_sheet
from studio.datasets.media.registry import is_shown_by_browsers
from studio.errors import NotFoundError, in_quotes
from studio.files import resolve_inside
from studio.runs.folder import RunFolder

MediaSize = Literal["256", "full", "slices"]
"""A small picture, the file as it is shown large, or a sheet of slices."""


def shown_file(file: Path, preview: Path, size: MediaSize = "full") -> Path:
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


def written_picture(folder: RunFolder, path: str) -> Path:
    """A picture that a worker wrote: only below its insights.

    Raises:
        NotFoundError: if there is none.
    """
    file = resolve_inside(folder.path, path)
    if not file.is_relative_to(folder.insights) or not file.is_file():
        raise NotFoundError(
            f"There is no picture {in_quotes(path[:80])}.", hint="Pictures of a run lie in insights/media."
        )
    return file
