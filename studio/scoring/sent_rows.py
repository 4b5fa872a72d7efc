"""Rows that are sent with their file: its bytes stand in its own cell, in Base64, or as a data URL of a browser."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.datasets.media.registry import media_reader
from studio.datasets.uploads.file_kinds import HEAD_BYTES
from studio.errors import DatasetError, in_quotes
from studio.problems.contract import ProblemType

BASE64_BYTES = 4 / 3
"""Of a byte."""


def is_sent_as_row(kind: ProblemType) -> bool:
    """Whether a sample to predict is a row, and not the bytes of a file alone."""
    return kind.media_role is None or kind.is_row_needed


def input_words(kind: ProblemType, settings: Any) -> str:
    """What to send, in words."""
    noun = media_reader(kind.medium).noun if kind.medium else ""
    if not is_sent_as_row(kind):
        return f"the bytes of {noun}"
    with_file = (
        f", with the bytes of {noun} in Base64 as the value of {in_quotes(file_column(kind, settings))}" if noun else ""
    )
    return f"a JSON object of column names and values{with_file}"


def file_column(kind: ProblemType, settings: Any) -> str | None:
    """The column that names a row's file; None where rows have none."""
    return None if kind.media_role is None else str(settings.value(f"dataset.{kind.media_role}"))


def with_own_file(kind: ProblemType, settings: Any, row: Mapping[str, Any], folder: Path, stem: str) -> dict[str, Any]:
    """The row with its file written to `folder` under `stem` and an ending of its kind, and named in its cell.

    A row of a problem type without files stays as it is.

    Raises:
        DatasetError: if the cell holds no bytes.
    """
    column = file_column(kind, settings)
    if column is None or kind.medium is None:
        return dict(row)
    reader = media_reader(kind.medium)
    data = _bytes_of(row.get(column), f"The cell of {in_quotes(column)}", f"Send the bytes of {reader.noun} in Base64.")
    ending = reader.suffix_of(data[:HEAD_BYTES])
    name = f"{stem}.{ending}" if ending else stem
    (folder / name).write_bytes(data)
    return {**row, column: name}


def _bytes_of(cell: Any, what: str, hint: str) -> bytes:
    text = cell.partition("base64,")[2] if isinstance(cell, str) and cell.startswith("data:") else cell
    if not isinstance(text, str) or not text:
        raise DatasetError(f"{what} holds no file.", hint=hint)
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise DatasetError(f"{what} is not Base64.", hint=hint) from error
