"""Individual boxes: a table with one row per box. Rows of one image become one row with lists.

Names of columns of corners stay; a corner with a size, a middle with a size, and lists of four numbers become corners.
A column that says the same in all rows of an image (a fold) stays a single value. A row without class and numbers is an
image without objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.box_numbers import pixels_of, reading_of
from studio.datasets.importers.box_row_findings import missing_values, no_class_column, reading_findings, size_findings
from studio.datasets.importers.box_tables import nothing_left
from studio.datasets.importers.drawn.shapes import FARTHEST
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.picture_size import ONE, Size, both_sizes, scale_to, size_in_file
from studio.datasets.importers.upload import Upload
from studio.datasets.tables.box_columns import BoxColumns, BoxForm, box_columns
from studio.datasets.tables.table import RawTable
from studio.datasets.uploads.file_columns import file_columns
from studio.datasets.uploads.roles import role_by_name
from studio.errors import DatasetError
from studio.on_demand import np, pa, pd
from studio.settings.finding import Finding, FindingsError

CORNERS = ("x_min", "y_min", "x_max", "y_max")
SURE, WITHOUT_CLASS, OFFERED = 0.96, 0.9, 0.5
CLASS, ONE_CLASS = "class_name", "object"
"""The column, and the class of all boxes, of a table that has no classes."""
_RESERVED = ("fold", "split", "width", "height", "group")


@dataclass(frozen=True)
class _Layout:
    """A table with one row a box."""

    table: RawTable
    image: str
    folder: str
    columns: BoxColumns
    label: str
    """The column of classes."""

    @property
    def of_boxes(self) -> tuple[str, ...]:
        """The columns that every box has."""
        return (*self.columns.sides, self.label)


def recognise(upload: Upload, form: BoxForm | None = None) -> Recognition | None:
    """A table with a file column, the four numbers of a box and mostly a class in every row.

    With `form` one whose names leave it open, among others, whether it has this form.
    """
    found = next((one for table in upload.tables.values() if (one := _layout(upload, table)) is not None), None)
    if found is None or (form is not None and (form not in found.columns.forms or len(found.columns.forms) == 1)):
        return None
    has_class, is_plain = found.columns.label is not None, len(found.columns.forms) > 1 < len(found.columns.sides)
    told = f"{found.label} its class" if has_class else "no column its class"
    words = f"{found.table.name} has one row per box: {', '.join(found.columns.sides)} tell the box, {told}"
    sure = SURE if has_class else OFFERED if is_plain else WITHOUT_CLASS
    return Recognition(sure if form is None else OFFERED, (words,))


def read(upload: Upload, form: BoxForm | None = None) -> Conversion:
    """One table a split, images in the order in which they first appear; numbers of this form where one is given.

    Raises:
        DatasetError: if no table has one row per box.
        FindingsError: if no image is left.
    """
    tables: dict[TableRole, pa.Table] = {}
    findings: list[Finding] = []
    folder, is_found = ".", False
    for name, table in upload.tables.items():
        layout = _layout(upload, table)
        role: TableRole = role_by_name(name) or "train"
        if layout is None or role in tables:
            continue
        if form is not None:
            layout = replace(layout, columns=replace(layout.columns, forms=(form,)))
        findings.extend(layout.table.findings)
        rows = _grouped(upload, layout, findings)
        is_found = True
        if rows.empty:
            continue
        tables[role] = pa.Table.from_pandas(rows, preserve_index=False)
        folder = layout.folder if len(tables) == 1 else folder
    if is_found and not tables:
        raise FindingsError([*findings, nothing_left("boxes")])
    if not tables:
        raise DatasetError(
            "No table has one row per box.",
            hint="Name the columns x_min, y_min, x_max, y_max and class_name, beside a file name.",
            code="no_box_rows",
            found=listed(upload.tables) or "no table",
            expected="a file name, a class and four numbers of a box in every row",
        )
    return Conversion(tables, folder, findings)


BOX_ROWS = DatasetFormat(
    "boxes",
    "Individual boxes",
    "A table with one row per box: file name, class and four numbers, with a folder of images.",
    recognise,
    read,
    written_by="Kaggle, Open Images, TensorFlow CSV, home-made tables",
    corrected="corners, corner and size, middle and size, lists of four and shares are told by names and by the "
    "pictures; without a column of classes all boxes are of one; boxes drawn at another size of the same ratio are "
    "scaled",
    left_out="images with a row without class or four numbers; sizes of another ratio",
)


def _of_form(form: BoxForm, words: str, sides: str) -> DatasetFormat:
    """The format for tables of which the user knows what the numbers are."""
    return replace(
        BOX_ROWS,
        id=f"boxes_{form}",
        title=f"Individual boxes, {words} and size",
        layout=f"A table with one row per box, of which x and y are {sides}.",
        recognise=partial(recognise, form=form),
        read=partial(read, form=form),
    )


BOX_ROWS_XYWH = _of_form("xywh", "corner", "the left upper corner")
BOX_ROWS_CXCYWH = _of_form("cxcywh", "middle", "the middle")


def _layout(upload: Upload, table: RawTable) -> _Layout | None:
    single = {name.lower(): name for name, kind in table.kinds.items() if kind in ("integer", "number", "text")}
    lists = {name.lower(): name for name, kind in table.kinds.items() if kind == "list"}
    found = box_columns(single, lists)
    if found is None or not _are_boxes(table.frame, found.sides):
        return None
    folders = list(dict.fromkeys(str(Path(path).parent) for path in upload.images.paths))
    # Names without endings are told by being different, but every box of an image repeats its name.
    kinds = {name: kind for name, kind in table.kinds.items() if kind in ("integer", "text")}
    different = table.frame[list(kinds)].apply(lambda cells: cells.drop_duplicates())
    tried = (file_columns(frame, kinds, upload.files, folders, near=table.name) for frame in (table.frame, different))
    place = next((one for found in tried for one in found.items()), None)
    if place is None:
        return None
    columns = box_columns({word: name for word, name in single.items() if name != place[0]}, lists)
    if columns is None:
        return None
    if columns.label is not None:
        return _Layout(table, place[0], place[1], columns, columns.label)
    if CLASS in table.frame:
        return None
    return _Layout(_with_one_class(table, columns), place[0], place[1], columns, CLASS)


def _with_one_class(table: RawTable, columns: BoxColumns) -> RawTable:
    """The table with a column that gives every box the one class."""
    has_box = table.frame[list(columns.sides)].notna().all(axis=1)
    classes = pd.Series(ONE_CLASS, index=table.frame.index, dtype=object).where(has_box, None)
    findings = [*table.findings, *no_class_column(table.name, table.frame.columns, ONE_CLASS, CLASS)]
    kinds = {**table.kinds, CLASS: "text"}
    return replace(table, frame=table.frame.assign(**{CLASS: classes}), kinds=kinds, findings=findings)


def _grouped(upload: Upload, layout: _Layout, findings: list[Finding]) -> pd.DataFrame:
    """One row an image: lists of box columns, single values of what is the same in all rows of the image."""
    frame, of_boxes = _with_corners(upload, layout, findings)
    image = layout.image
    if frame.empty:
        return frame
    codes, images = pd.factorize(frame[image], use_na_sentinel=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(images)))
    has_box = frame[list(of_boxes)].notna().all(axis=1).to_numpy()[order]
    columns: dict[str, Any] = {}
    for column in frame.columns:
        values = frame[column].to_numpy(dtype=object)[order]
        if column == image or (column not in of_boxes and _is_single(frame, image, column)):
            columns[column] = [values[start] for start in starts]
        else:
            pieces = zip(np.split(values, starts[1:]), np.split(has_box, starts[1:]), strict=True)
            columns[column] = [[_plain(value) for value in piece[kept]] for piece, kept in pieces]
    return pd.DataFrame(columns)


def _with_corners(upload: Upload, layout: _Layout, findings: list[Finding]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows of images whose boxes can all be read, with corners in pixels; and the columns of boxes."""
    frame, image, columns = layout.table.frame, layout.image, layout.columns
    numbers = _numbers(frame, columns.sides)
    is_empty = frame[list(layout.of_boxes)].map(_is_missing).all(axis=1).to_numpy()
    is_short = ~np.isfinite(numbers).all(axis=1) | frame[layout.label].isna().to_numpy()
    is_bad = is_short & ~is_empty
    findings.extend(missing_values(layout.table.name, frame, np.flatnonzero(is_bad).tolist(), image, layout.of_boxes))
    pictures = {name: _size(upload, layout, name) for name in frame[image].dropna().unique()}
    sizes = np.array([pictures.get(name) or (np.nan, np.nan) for name in frame[image]], dtype=float).reshape(-1, 2)
    reading = reading_of(numbers[~is_bad], sizes[~is_bad], columns.forms)
    corners = pixels_of(numbers, sizes, reading)
    findings.extend(reading_findings(layout.table.name, columns, reading))
    if not reading.are_shares:
        scales, other = _scales(layout, pictures, findings)
        corners = corners * np.tile(scales, 2)
        is_bad = is_bad | other
    left_out = set(frame[image][is_bad])
    kept = ~frame[image].isin(left_out) & frame[image].notna()
    names = columns.sides if columns.forms == ("xyxy",) and len(columns.sides) == len(CORNERS) else CORNERS
    rest = frame.drop(columns=[name for name in columns.sides if name not in names])
    sides = {name: pd.Series(corners[:, place], index=frame.index) for place, name in enumerate(names)}
    return rest.assign(**sides).loc[kept], (*names, layout.label)


def _numbers(frame: pd.DataFrame, sides: Sequence[str]) -> Any:
    """The four numbers of every row (B, 4), NaN for what is none."""
    if len(sides) == 1:
        cells = [cell if _is_box(cell) else [None] * len(CORNERS) for cell in frame[sides[0]]]
        frame, sides = pd.DataFrame(cells, columns=list(CORNERS), index=frame.index), CORNERS
    numbers = frame[list(sides)].apply(lambda cells: pd.to_numeric(cells, errors="coerce")).to_numpy(dtype=float)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _are_boxes(frame: pd.DataFrame, sides: Sequence[str]) -> bool:
    """Whether a column of lists has a box, or nothing, in every row; other columns may."""
    return len(sides) > 1 or all(_is_box(cell) or cell == [] for cell in frame[sides[0]].dropna())


def _is_box(cell: Any) -> bool:
    return isinstance(cell, list) and len(cell) == len(CORNERS)


def _is_missing(cell: Any) -> bool:
    return cell == [] if isinstance(cell, list) else bool(pd.isna(cell))


def _size(upload: Upload, layout: _Layout, name: Any) -> Size | None:
    """The size of the picture that a cell names, if it is in the upload."""
    near, path = layout.table.name, f"{layout.folder}/{name}"
    found = upload.images.named(path, near) or upload.images.with_stem(path.rpartition("/")[2], near)
    return size_in_file(upload.files / found) if found else None


def _scales(layout: _Layout, pictures: dict[Any, Size | None], findings: list[Finding]) -> tuple[Any, Any]:
    """From the sizes that rows state to those of their pictures (B, 2), and which rows state another ratio (B,)."""
    frame, columns = layout.table.frame, layout.columns.image_size
    scales = np.ones((len(frame), 2))
    other = np.zeros(len(frame), dtype=bool)
    if columns is None:
        return scales, other
    scaled: list[str] = []
    refused: list[str] = []
    for row, (name, stated) in enumerate(zip(frame[layout.image], _stated(frame, columns), strict=True)):
        real = pictures.get(name)
        if stated is None or real is None or stated == real:
            continue
        scale = scale_to(stated, real)
        scales[row], other[row] = scale or ONE, scale is None
        (refused if scale is None else scaled).append(f"{name}: {both_sizes(stated, real)}")
    findings.extend(size_findings(layout.table.name, scaled, refused))
    return scales, other


def _stated(frame: pd.DataFrame, columns: tuple[str, str]) -> Iterator[Size | None]:
    sides = [pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float) for column in columns]
    for width, height in zip(*sides, strict=True):
        yield (int(width), int(height)) if 1 <= width < FARTHEST and 1 <= height < FARTHEST else None


def _is_single(frame: pd.DataFrame, image: str, column: str) -> bool:
    groups = frame.groupby(image)[column]
    if int(groups.size().max()) < 2:
        return column.lower() in _RESERVED
    return bool((groups.nunique(dropna=False) == 1).all())


def _plain(value: Any) -> Any:
    return None if value is None or value is pd.NA else cast(Any, value.item() if hasattr(value, "item") else value)
