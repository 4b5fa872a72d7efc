"""Tables with a row a mask, as at Kaggle: an image, run lengths, and perhaps a class; `ImageId,EncodedPixels,ClassId`.

Images may be named without their ending, and with the class behind (`0a1b.jpg_3`). An empty cell is an image without
that class. Runs count down the columns, or along the rows: that is the choice between two formats, and the better guess
is made from how the masks look. Tables with lists of masks along the rows are read by the second of them, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.box_tables import media_folder
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.mask_checks import MaskError, parsed_runs
from studio.datasets.masks.pixel_order import count_along_rows, from_row_order
from studio.datasets.masks.run_lengths import to_text
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER
from studio.datasets.tables.box_columns import CLASS_WORDS
from studio.datasets.tables.table import RawTable
from studio.datasets.uploads.roles import role_by_name
from studio.errors import DatasetError
from studio.on_demand import pa
from studio.settings.finding import Finding, FindingLevel

if TYPE_CHECKING:
    import pandas as pd

FOREGROUND = "foreground"
SURE, LESS_SURE, SURE_LISTS = 0.94, 0.6, 0.985
FITS = 0.01
"""More confidence, where rows are of objects or of classes as a problem type wants them."""
LOOKED_ROWS = 50
LOOKED_MASKS = 20
FILE_SHARE = 0.5
_RUNS = re.compile(r"\s*(-1|\d+(\s+\d+)+)?\s*")
_CLASSES = ("classid", "class_id", *CLASS_WORDS)


def recognise(upload: Upload, *, along_rows: bool, of_objects: bool) -> Recognition | None:
    """A table with a column of images and one of run lengths, which seem to count in this order.

    Rows are of objects where an image has several and nothing says their classes, else of classes.
    """
    found = next((one for one in map(partial(_layout, upload), upload.tables.values()) if one is not None), None)
    if found is None or (found.has_lists and not along_rows):
        return None
    seen = count_along_rows(found.looked_at)
    if found.has_lists and not seen:
        return None
    more = FITS if found.has_objects == of_objects else 0.0
    words = f"{found.table.name}: {found.runs} holds run lengths of masks, {found.image} names images"
    order = "along the rows" if along_rows else "down the columns"
    if seen is None:
        doubt = "nothing shows in which order they count"
        return Recognition(more + (LESS_SURE if along_rows else SURE), (words, doubt))
    is_so = seen == along_rows
    look = f"masks {'hang together' if is_so else 'fall apart'} when they are read {order}"
    return Recognition(more + (SURE_LISTS if found.has_lists else SURE if is_so else LESS_SURE / 2), (words, look))


def read(upload: Upload, *, along_rows: bool) -> Conversion:
    """One table a split, with one row an image; runs then count down the columns.

    Raises:
        DatasetError: if no table has such columns.
    """
    tables: dict[TableRole, pa.Table] = {}
    findings: list[Finding] = []
    layouts = [one for table in upload.tables.values() if (one := _layout(upload, table)) is not None]
    if not layouts:
        raise DatasetError(
            "No table has a column of images and one of run lengths.",
            hint="Name the columns ImageId, EncodedPixels and ClassId.",
            code="no_mask_rows",
            found=listed(upload.tables) or "no table",
            expected="an image and the run lengths of a mask in every row",
        )
    rows = {id(one): _rows(one, along_rows=along_rows) for one in layouts}
    known = set(upload.images.paths)
    folder = media_folder([path for one in rows.values() for path in one if path in known] or ["."])
    cut = 0 if folder == "." else len(folder) + 1
    for one in layouts:
        role: TableRole = role_by_name(one.table.name) or "train"
        findings.extend([*one.table.findings, *_unused_columns(one)])
        if role in tables:
            findings.extend(_unused_table(one.table.name, role))
            continue
        images = rows[id(one)]
        lists = pa.list_(pa.string())
        tables[role] = pa.table({
            "image": pa.array([path[cut:] if path in known else path for path in images], pa.string()),
            "class_id": pa.array([names for names, _ in images.values()], lists),
            "rle_mask": pa.array([texts for _, texts in images.values()], lists),
        })  # fmt: skip
    return Conversion(tables, folder, findings)


MASK_ROWS = DatasetFormat(
    "mask_rows",
    "Table with a row a mask, counted down the columns",
    "A table of image, run lengths and class, with the images; pixels are counted from the top down, as at Kaggle.",
    partial(recognise, along_rows=False, of_objects=False),
    partial(read, along_rows=False),
    medium="image",
    written_by="Kaggle run lengths",
    corrected="the order of pixels is seen by which masks hang together; names with and without ending",
    left_out="rows of absent images and of runs that are none, at import",
)
MASK_ROWS_ALONG = DatasetFormat(
    "mask_rows_along",
    "Table with masks, counted along the rows",
    "A table of image, run lengths and class, or with lists of them; pixels are counted from left to right.",
    partial(recognise, along_rows=True, of_objects=False),
    partial(read, along_rows=True),
    medium="image",
)
OBJECT_ROWS = replace(MASK_ROWS, recognise=partial(recognise, along_rows=False, of_objects=True))
OBJECT_ROWS_ALONG = replace(MASK_ROWS_ALONG, recognise=partial(recognise, along_rows=True, of_objects=True))


@dataclass(frozen=True)
class _Layout:
    """A table with masks, and which columns have what."""

    upload: Upload
    table: RawTable
    image: str
    runs: str
    label: str | None

    @property
    def has_lists(self) -> bool:
        return self.table.kinds[self.runs] == "list"

    @property
    def has_objects(self) -> bool:
        """Whether images have several masks whose class nothing says."""
        is_named = self.label is not None or any(behind for behind in self._behind())
        return not is_named and not self.has_lists and bool(self.table.frame[self.image].duplicated().any())

    def _behind(self) -> Iterator[str]:
        for name in self.table.frame[self.image].head(LOOKED_ROWS):
            yield _named(self.upload, _text(name), self.table.name)[1]

    def masks(self) -> Iterator[tuple[str, str, str]]:
        """Image in the upload (or the name that is given), class and text of every mask; "" for what is missing."""
        frame = self.table.frame
        labels = frame[self.label] if self.label else [None] * len(frame)
        for name, label, cell in zip(frame[self.image], labels, frame[self.runs], strict=True):
            path, behind = _named(self.upload, _text(name), self.table.name)
            if isinstance(cell, list):
                names = label if isinstance(label, list) and len(label) == len(cell) else [FOREGROUND] * len(cell)
                for one, text in zip(names, cell, strict=True):
                    yield path, _text(one), _text(text)
                if not cell:
                    yield path, FOREGROUND, ""
            else:
                yield path, _text(label) if self.label else behind or FOREGROUND, _text(cell)

    @cached_property
    def looked_at(self) -> list[tuple[Any, int, int]]:
        """Runs, width and height of the first masks that can be read."""
        found = []
        for path, _, text in self.masks():
            size = _size(self.upload, path)
            try:
                runs = parsed_runs(text, size[0] * size[1]) if size else ()
            except MaskError:
                continue
            if size and len(runs):
                found.append((runs, *size))
            if len(found) == LOOKED_MASKS:
                break
        return found


def _layout(upload: Upload, table: RawTable) -> _Layout | None:
    head = table.frame.head(LOOKED_ROWS)
    texts = [name for name, kind in table.kinds.items() if kind in ("text", "list")]
    runs = next((name for name in texts if _holds_runs(head[name])), None)
    if runs is None:
        return None
    others = [name for name in table.kinds if name != runs]
    single = [name for name in others if table.kinds[name] != "list"]
    image = next((name for name in single if _names_images(upload, head[name], table)), None)
    if image is None:
        return None
    by_name = {name.lower(): name for name in others if name != image}
    return _Layout(upload, table, image, runs, next((by_name[word] for word in _CLASSES if word in by_name), None))


def _holds_runs(cells: pd.Series[Any]) -> bool:
    """Whether all cells, or entries of their lists, are run lengths, and some are not empty."""
    entries = [text for cell in cells.dropna() for text in (cell if isinstance(cell, list) else [cell])]
    texts = [text for text in entries if text is not None]
    return any(_text(text).strip() for text in texts) and all(
        isinstance(text, str) and _RUNS.fullmatch(text) for text in texts
    )


def _names_images(upload: Upload, cells: pd.Series[Any], table: RawTable) -> bool:
    names = [_text(cell) for cell in cells.dropna()]
    found = sum((upload.files / _named(upload, name, table.name)[0]).is_file() for name in names if name)
    return bool(names) and found >= FILE_SHARE * len(names)


def _named(upload: Upload, name: str, near: str) -> tuple[str, str]:
    """The image of this name, with or without its ending; and what stands behind the name and a `_`."""
    images = upload.images
    stem = name.rpartition("/")[2]
    path = images.named(name, near) or images.with_stem(stem, near)
    if path is not None or "_" not in name:
        return path or name, ""
    before, _, behind = name.rpartition("_")
    path = images.named(before, near) or images.with_stem(before.rpartition("/")[2], near)
    return (path, behind) if path is not None else (name, "")


def _rows(layout: _Layout, *, along_rows: bool) -> dict[str, tuple[list[str], list[str]]]:
    """Classes and texts by image; what is no run lengths stays as it is and is told at import, row by row."""
    rows: dict[str, tuple[list[str], list[str]]] = {}
    for path, label, text in layout.masks():
        names, texts = rows.setdefault(path, ([], []))
        if not text.strip():
            continue
        names.append(label)
        texts.append(_turned(layout.upload, path, text) if along_rows else text)
    return rows


def _turned(upload: Upload, path: str, text: str) -> str:
    size = _size(upload, path)
    try:
        runs = parsed_runs(text, size[0] * size[1] if size else None)
    except MaskError:
        return text
    return to_text(from_row_order(runs, *size)) if size else text


def _size(upload: Upload, path: str) -> tuple[int, int] | None:
    """Width and height; None for an image that is missing or broken, whose row the import leaves out."""
    file = upload.files / path
    try:
        facts = READER.read_facts(file) if file.is_file() else None
    except MediaError:
        return None
    return (facts.width, facts.height) if facts else None


def _unused_columns(layout: _Layout) -> Sequence[Finding]:
    used = {layout.image, layout.runs, layout.label}
    others = [str(name) for name in layout.table.frame.columns if name not in used]
    return trouble(
        "unused_columns",
        layout.table.name,
        "Columns that speak of single masks are not kept.",
        "Add them to the dataset as a table with one row an image, if a run needs them.",
        others,
        FindingLevel.NOTE,
        expected="an image, run lengths and a class",
        found=listed(others),
    )


def _unused_table(name: str, role: TableRole) -> Sequence[Finding]:
    return trouble(
        "unused_table",
        name,
        f"The table is another one of masks for {role}, and is not used.",
        "Keep one table a split.",
        [name],
        expected="one table a split",
    )


def _text(value: Any) -> str:
    """A cell as text; empty where it is missing."""
    return "" if value is None or value != value or str(value) == "<NA>" else str(value)
