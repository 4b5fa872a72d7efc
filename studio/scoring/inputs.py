"""Tables to be predicted, from files of any kind that import reads."""

from pathlib import Path

import pandas as pd

from studio.datasets.tables.shards import read_whole_table
from studio.errors import DatasetError, in_quotes
from studio.results.prediction import ROW
from studio.settings.finding import Finding, FindingsError, blocking


def input_table(path: Path, kept: Path | None = None) -> pd.DataFrame:
    """A table with row numbers; `kept` is where tables that were read before are kept.

    Raises:
        DatasetError: if it cannot be read.
        FindingsError: if rows are damaged, with everything that was found.
    """
    return read_input(path, kept)[0]


def read_input(path: Path, kept: Path | None = None) -> tuple[pd.DataFrame, list[Finding]]:
    """As `input_table`, with what was noticed while it was read."""
    if not path.is_file():
        raise DatasetError(f"There is no table {in_quotes(path.name)}.", hint="Check the name and its folder.")
    raw = read_whole_table(path.parent, path.name, kept)
    if blocking(raw.findings):
        raise FindingsError(raw.findings)
    if ROW in raw.frame.columns:
        return raw.frame, raw.findings
    return raw.frame.assign(**{ROW: range(1, len(raw.frame) + 1)}), raw.findings
