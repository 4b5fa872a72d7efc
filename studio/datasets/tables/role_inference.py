"""Guesses about columns that problem types share: which names files, which looks like a label."""

from collections.abc import Sequence

from studio.datasets.tables.table_view import TableView

LABEL_WORDS = ("label", "class", "category", "target", "species", "type", "tag", "diagnosis", "sentiment")
RESERVED = ("fold", "split", "id", "index")


def file_column(view: TableView) -> tuple[str, str] | None:
    """(column, folder) of the column whose cells name files; the first, where several do."""
    return next(iter(view.file_columns.items()), None)


def zero_one_columns(view: TableView) -> list[str]:
    """Columns that hold only 0 and 1."""
    return [
        column
        for column, kind in view.kinds.items()
        if kind in ("integer", "boolean")
        and column.lower() not in RESERVED
        and view.rows[column].dropna().isin([0, 1]).all()
        and view.rows[column].notna().any()
    ]


def class_columns(view: TableView, leave_out: Sequence[str]) -> list[str]:
    """Columns that could hold one class per row: few distinct values, the likeliest name first."""
    found = []
    for column, kind in view.kinds.items():
        if column in leave_out or column.lower() in RESERVED:
            continue
        if kind not in ("text", "integer", "boolean") and not (kind == "number" and _are_codes(column, view)):
            continue
        distinct = int(view.rows[column].nunique())
        if 2 <= distinct <= max(2, min(1000, len(view.rows) // 2)):
            found.append((not any(word in column.lower() for word in LABEL_WORDS), distinct, column))
    return [column for _, _, column in sorted(found)]


def _are_codes(column: str, view: TableView) -> bool:
    """Whether whole numbers written as 0.0 and 1.0 stand for classes: there are two, or they are called so."""
    values = view.rows[column].dropna()
    return bool((values % 1 == 0).all()) and (values.nunique() == 2 or is_label_word(column))


def is_label_word(column: str) -> bool:
    """Whether a column's name is what people call labels."""
    return any(word in column.lower() for word in LABEL_WORDS)
