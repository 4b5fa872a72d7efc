"""JSON files of others: what keys they hold, without reading them whole, and their content."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from studio.datasets.importers.upload import Upload
from studio.errors import DatasetError
from studio.files import overlapping_chunks
from studio.json_text import MAX_DEPTH, DepthError, parse_json

_OVERLAP = 16
"""Bytes of a chunk that are looked at with the next one: no key is longer."""


def holds_keys(path: Path, keys: Sequence[bytes], *, is_object: bool = False) -> bool:
    """Whether all these keys, in their quotes, stand in a file; with `is_object` it begins with a brace."""
    missing = set(keys)
    for number, chunk in enumerate(overlapping_chunks(path, _OVERLAP)):
        if is_object and number == 0 and chunk.lstrip()[:1] != b"{" and chunk[:3] != b"\xef\xbb\xbf":
            return False
        missing = {key for key in missing if key not in chunk}
        if not missing:
            return True
    return not missing


def read_document(
    upload: Upload,
    path: str,
    code: str,
    most_bytes: int,
    smaller: str,
    *,
    object_hook: Callable[[dict[str, Any]], Any] | None = None,
) -> Any:
    """The content of a file of at most so many bytes; `smaller` says what to do about a larger one.

    Raises:
        DatasetError: if it is larger, no JSON, or nested too deep.
    """
    file = upload.files / path
    size = file.stat().st_size
    if size > most_bytes:
        raise DatasetError(
            f"{path} has {size / 1e6:,.0f} MB.",
            hint=f"At most {most_bytes / 1e6:,.0f} MB are read; {smaller}.",
            code=code,
            found=f"{size / 1e6:,.0f} MB",
            expected=f"at most {most_bytes / 1e6:,.0f} MB",
        )
    try:
        return parse_json(file.read_bytes(), object_hook=object_hook)
    except ValueError as error:
        raise DatasetError(
            f"{path} cannot be read as JSON ({str(error)[:120]}).",
            hint="Export it again.",
            code=code,
            found="damaged JSON" if not isinstance(error, DepthError) else f"more than {MAX_DEPTH} levels",
            expected=f"a whole JSON document of at most {MAX_DEPTH} levels",
        ) from None
