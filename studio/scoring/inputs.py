"""Tables to be predicted, from files of any kind that import reads."""

from pathlib import Path

import pandas as pd

from studio.datasets.tables.table import read_table
from studio.errors import DatasetError
from studio.results.prediction import ROW
from studio.settings.finding import FindingsError, blocking


def input_table(path: Path) -> pd.DataFrame:
    """A table with row numbers.

    Raises:
        DatasetError: if it cannot be read.
        FindingsError: if rows are damaged, with everything that was found.
    """
    if not path.is_file():
        raise DatasetError(f"There is no table {path.name!r}.", hint="Check the name and its folder.")
    raw = read_table(path, path.name)
    if blocking(raw.findings):
        raise FindingsError(raw.findings)
    if ROW in raw.frame.columns:
        return raw.frame
    return raw.frame.assign(**{ROW: range(1, len(raw.frame) + 1)})
