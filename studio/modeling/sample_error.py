"""SampleError: a row of a table that cannot be made into an input of the model."""

from studio.errors import TrainingError


class SampleError(TrainingError):
    """Names the row, and the file if one stands behind it, so that a person finds them."""

    code = "sample"

    def __init__(self, message: str, *, row: int, file: str = "", hint: str = "", code: str | None = None) -> None:
        super().__init__(message, hint=hint, code=code)
        self.row = row
        """As the dataset counts its rows, from 1."""
        self.file = file
