"""The first rows of a scanned table as an import page shows them, with pictures of the files that they name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from studio.datasets.dataset import preview_name
from studio.datasets.media.reader import MediaError
from studio.datasets.media.registry import needs_preview, reader_of
from studio.datasets.tables.table_view import TableView
from studio.datasets.uploads.named_files import NamedFiles
from studio.errors import PathError
from studio.files import resolve_inside
from studio.importing.scan_result import Choices, Preview, PreviewRow, Scan
from studio.problems.contract import ProblemType
from studio.results.prediction import ROW
from studio.results.sample_view import SampleView

PREVIEW_ROWS = 20
PREVIEW_SAMPLES = 6


def draw_previews(folder: Path, result: Scan) -> None:
    """Pictures of the shown files that browsers do not draw; what cannot be decoded is found at import."""
    shown = [row.media for row in result.preview.rows] + [one.media.path for one in result.samples if one.media]
    for path in dict.fromkeys(one for one in shown if one is not None):
        preview = folder / "previews" / preview_name(path)
        try:
            file = resolve_inside(folder / "files", path)
            reader = reader_of(file)
            if reader is not None and not preview.is_file() and needs_preview(reader, file):
                reader.inspect(file, preview, with_thumbnail=not reader.is_drawn_by_browsers)
        except (PathError, MediaError, OSError):
            continue


def preview_of(view: TableView, frame: pd.DataFrame, folders: Mapping[str, str]) -> Preview:
    """Rows as cells, with the file of each; `folders` are those of the columns of files."""
    column = next(iter(folders), None)
    rows = []
    for number, (_, row) in enumerate(frame.iterrows(), start=1):
        media = None
        if column is not None and isinstance(row[column], str):
            media = row[column] if folders[column] == "." else f"{folders[column]}/{row[column]}"
        rows.append(PreviewRow(row=number, cells=[cell_text(value) for value in row], media=media))
    return Preview(columns=[str(name) for name in view.rows.columns], rows=rows)


def shown_folders(view: TableView, media_folder: str) -> dict[str, str]:
    """Column -> folder that its names are shown relative to: the chosen one, where its files lie in there."""
    return {
        column: media_folder if media_folder == "." or f"{folder}/".startswith(f"{media_folder}/") else folder
        for column, folder in view.file_columns.items()
    }


def shown_rows(view: TableView, files: Path, folders: Mapping[str, str]) -> pd.DataFrame:
    """The first rows of a table, the names of their files as the files have them."""
    frame = view.rows.head(PREVIEW_ROWS).copy()
    for column, folder in folders.items():
        named = NamedFiles(files / folder)
        cells = [None if pd.isna(cell) else str(cell) for cell in frame[column]]
        paths = [cell and (named.find(cell, view.name).path or cell) for cell in cells]
        frame[column] = pd.Series(paths, index=frame.index, dtype="str")
    return frame


def samples_of(kind: ProblemType, frame: pd.DataFrame, choices: Choices) -> list[SampleView]:
    """The first rows as the studio will show them; none where the roles do not fit."""
    required = [role.name for role in kind.roles if role.is_required and (role.in_test or choices.train)]
    if any(not choices.roles.get(name) for name in required):
        return []
    views: list[SampleView] = []
    for number, (_, row) in enumerate(frame.head(PREVIEW_SAMPLES).iterrows(), start=1):
        values = {**{str(key): value for key, value in row.items()}, ROW: number}
        try:
            view = kind.view_row(values, choices.roles, choices.media_folder)
            json.dumps(view.model_dump(mode="json"), allow_nan=False)
        except (KeyError, TypeError, ValueError):  # also an infinite coordinate, which JSON has not
            continue
        views.append(view)
    return views


def cell_text(value: Any) -> str:
    """A cell as a page shows it."""
    if isinstance(value, list):
        text = ", ".join(map(str, value[:8])) + (", ..." if len(value) > 8 else "")
        return f"[{text}]"
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)[:200]
