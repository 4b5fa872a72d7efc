"""Which file stands for a medium on a page."""

from pathlib import Path

from studio.datasets.dataset import slices_sheet
from studio.datasets.media.registry import is_shown_by_browsers
from studio.errors import NotFoundError


def shown_file(file: Path, preview: Path, *, slices: bool = False) -> Path:
    """The file itself where browsers draw it, else its preview, if there is one; of a volume the sheet of its slices.

    Raises:
        NotFoundError: for a folder that has no preview.
    """
    if slices and slices_sheet(preview).is_file():
        return slices_sheet(preview)
    if preview.is_file() and not is_shown_by_browsers(file):
        return preview
    if not file.is_file():
        raise NotFoundError("There is no picture of this folder.", hint="Name a file.")
    return file
