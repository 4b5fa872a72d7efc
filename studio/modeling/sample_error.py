"""SampleError: a row of a table that cannot be made into an input of the model."""

from collections.abc import Iterator
from contextlib import contextmanager

from studio.errors import PathError, StudioError, TrainingError, in_quotes


class SampleError(TrainingError):
    """Names the row, and the file if one stands behind it, so that a person finds them."""

    code = "sample"

    def __init__(self, message: str, *, row: int, file: str = "", hint: str = "", code: str | None = None) -> None:
        super().__init__(message, hint=hint, code=code)
        self.row = row
        """As the dataset counts its rows, from 1."""
        self.file = file


@contextmanager
def reading_file(noun: str, name: str, row: int) -> Iterator[None]:
    """What goes wrong while the file of a row is read, as a SampleError; `noun` says what it is, such as image.

    Raises:
        SampleError: naming row and file.
    """
    try:
        yield
    except PathError as error:
        raise SampleError(
            f"Row {row}: the {noun} {in_quotes(name)} is missing.",
            row=row,
            file=name,
            hint="Put the file back, or import the dataset again; it checks every file.",
            code="file_missing",
        ) from error
    except (StudioError, OSError) as error:
        raise SampleError(
            f"Row {row}: the {noun} {in_quotes(name)} cannot be read. {error}",
            row=row,
            file=name,
            hint="Replace the file, or import the dataset again; it checks every file.",
            code="file_damaged",
        ) from error
