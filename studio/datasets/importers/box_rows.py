"""Individual boxes: a table with one row per box. Rows of one image become one row with lists.

Column names stay. A column that says the same in all rows of an image (a fold, a width) stays a single value.
A row without class and corners is an image without objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed, quoted, shortened
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.upload import Upload
from studio.datasets.tables.box_columns import class_column, corner_columns
from studio.datasets.tables.table import RawTable
from studio.datasets.uploads.file_columns import file_columns
from studio.datasets.uploads.roles import role_by_name
from studio.errors import DatasetError
from studio.on_demand import np, pa, pd
from studio.settings.finding import Finding, FindingLevel

MAX_SHOWN = 20
_RESERVED = ("fold", "split", "width", "height", "group")


def recognise(upload: Upload) -> Recognition | None:
    """A table with a file column, four columns of numbers named as corners, and one of classes."""
    found = [(name, columns) for name, table in upload.tables.items() if (columns := _columns(table)) is not None]
    if not found:
        return None
    name, (corners, label) = found[0]
    if _file_column(upload, upload.tables[name]) is None:
        return None
    words = f"{', '.join(corners.values())} hold one number per row, {label} one class"
    return Recognition(0.96, (f"{name} has one row per box: {words}",))


def read(upload: Upload) -> Conversion:
    """One table a split, images in the order in which they first appear.

    Raises:
        DatasetError: if no table has one row per box.
    """
    tables: dict[TableRole, pa.Table] = {}
    findings: list[Finding] = []
    folder = "."
    for name, table in upload.tables.items():
        columns = _columns(table)
        place = _file_column(upload, table) if columns else None
        role: TableRole = role_by_name(name) or "train"
        if columns is None or place is None or role in tables:
            continue
        findings.extend(table.findings)
        tables[role] = pa.Table.from_pandas(
            _grouped(table.frame, place[0], [*columns[0].values(), columns[1]], name, findings), preserve_index=False
        )
        folder = place[1] if len(tables) == 1 else folder
    if not tables:
        raise DatasetError(
            "No table has one row per box.",
            hint="Name the columns x_min, y_min, x_max, y_max and class_name, beside a file name.",
            code="no_box_rows",
            found=listed(upload.tables) or "no table",
            expected="a file name, a class and four corners in every row",
        )
    return Conversion(tables, folder, findings)


BOX_ROWS = DatasetFormat(
    "boxes",
    "Individual boxes",
    "A table with one row per box: file name, class and four corners, with a folder of images.",
    recognise,
    read,
)


def _columns(table: RawTable) -> tuple[dict[str, str], str] | None:
    """(role -> corner column, class column) of a table with one row per box."""
    single = {name.lower(): name for name, kind in table.kinds.items() if kind in ("integer", "number", "text")}
    corners = corner_columns(single)
    label = class_column(single)
    return (corners, label) if corners and label else None


def _file_column(upload: Upload, table: RawTable) -> tuple[str, str] | None:
    folders = list(dict.fromkeys(str(Path(path).parent) for path in upload.images.paths))
    return next(iter(file_columns(table.frame, table.kinds, upload.files, folders).items()), None)


def _grouped(
    frame: pd.DataFrame, image: str, of_boxes: Sequence[str], name: str, findings: list[Finding]
) -> pd.DataFrame:
    """One row an image: lists of box columns, single values of what is the same in all rows of the image."""
    frame = _readable(frame.assign(__number=np.arange(1, len(frame) + 1)), image, of_boxes, name, findings)
    codes, images = pd.factorize(frame[image], use_na_sentinel=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(images)))
    has_box = frame[list(of_boxes)].notna().all(axis=1).to_numpy()[order]
    columns: dict[str, Any] = {}
    for column in frame.columns.drop("__number"):
        values = frame[column].to_numpy(dtype=object)[order]
        if column == image or (column not in of_boxes and _is_single(frame, image, column)):
            columns[column] = [values[start] for start in starts]
        else:
            pieces = zip(np.split(values, starts[1:]), np.split(has_box, starts[1:]), strict=True)
            columns[column] = [[_plain(value) for value in piece[kept]] for piece, kept in pieces]
    return pd.DataFrame(columns)


def _readable(
    frame: pd.DataFrame, image: str, of_boxes: Sequence[str], name: str, findings: list[Finding]
) -> pd.DataFrame:
    """The rows of images all of whose corners are numbers; the others are reported."""
    corners = list(of_boxes[:4])
    numbers = frame[corners].apply(lambda cells: pd.to_numeric(cells, errors="coerce")).astype(float)
    numbers = numbers.where(np.isfinite(numbers))
    is_empty = frame[list(of_boxes)].isna().all(axis=1)
    is_short = pd.concat([numbers, frame[[of_boxes[4]]]], axis=1).isna().any(axis=1)
    bad = frame.index[is_short & ~is_empty]
    if len(bad):
        numbered = tuple(int(value) for value in frame.loc[bad[:MAX_SHOWN], "__number"])
        findings.append(
            Finding(
                level=FindingLevel.WARNING,
                code="box_number",
                path=f"{name}: {', '.join(of_boxes)}",
                message=f"{len(bad)} rows have no class or four finite numbers; their images are left out.",
                found=_first_row(frame.loc[bad[0]], of_boxes),
                expected="a class and four numbers in pixels, with a decimal point",
                fix="Complete these rows.",
                count=len(bad),
                rows=numbered,
                examples=tuple(dict.fromkeys(map(str, frame.loc[bad, image])))[:MAX_SHOWN],
            )
        )
    kept = ~frame[image].isin(set(frame.loc[bad, image])) & frame[image].notna()
    return frame.assign(**{column: numbers[column] for column in corners}).loc[kept]


def _first_row(row: pd.Series[Any], of_boxes: Sequence[str]) -> str:
    """The box of a row, column by column."""
    return shortened(", ".join(f"{column} {quoted(row[column])}" for column in of_boxes))


def _is_single(frame: pd.DataFrame, image: str, column: str) -> bool:
    groups = frame.groupby(image)[column]
    if int(groups.size().max() or 0) < 2:
        return column.lower() in _RESERVED
    return bool((groups.nunique(dropna=False) == 1).all())


def _plain(value: Any) -> Any:
    return None if value is None or value is pd.NA else cast(Any, value.item() if hasattr(value, "item") else value)
