"""Files without a table, as a table: a row for each file of the model's medium."""

from pathlib import Path

import pandas as pd

from studio.datasets.formatting import counted, listed
from studio.datasets.media.registry import reader_of
from studio.errors import DatasetError
from studio.files import iter_files
from studio.results.prediction import ROW
from studio.settings.finding import Finding, FindingLevel


def files_table(folder: Path, medium: str, column: str, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    """The files of a medium below a folder, by name, in `column`, and which files are of another kind.

    `name` is what the files are called together.

    Raises:
        DatasetError: if none is of the medium.
    """
    paths = sorted(iter_files(folder))
    known = {path: (reader := reader_of(path)) is not None and reader.name == medium for path in paths}
    used = [path.relative_to(folder).as_posix() for path in paths if known[path]]
    others = [path.relative_to(folder).as_posix() for path in paths if not known[path]]
    if not used:
        raise DatasetError(
            f"{name} holds no {medium} file.",
            hint=f"Send {medium} files, or a table with its files.",
            found=listed(others) or "no files",
            expected=f"{medium} files",
        )
    return pd.DataFrame({column: used, ROW: range(1, len(used) + 1)}), _left_out(name, medium, others)


def _left_out(name: str, medium: str, others: list[str]) -> list[Finding]:
    if not others:
        return []
    return [
        Finding(
            level=FindingLevel.WARNING,
            code="other_files",
            path=name,
            message=f"{counted(len(others), 'file')} of another kind got no prediction.",
            found=listed(others),
            expected=f"{medium} files",
            fix="Check whether these files belong to the others.",
            count=len(others),
            examples=tuple(others[:20]),
        )
    ]
