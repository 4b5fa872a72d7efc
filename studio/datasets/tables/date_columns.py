"""Columns of dates: where rows are ordered in time, a random split looks into the future."""

import re

from studio.datasets.formatting import listed
from studio.datasets.inspection import Inspection
from studio.settings.finding import FindingLevel

MOST = 0.95
SAMPLE_ROWS = 200
_YEAR = r"(?:19|20)\d\d"
_DATE = re.compile(
    rf"(?:{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]{_YEAR})"
    r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|UTC|[+-]\d\d:?\d\d)?)?$"
)


def note_dates(inspection: Inspection) -> None:
    """Report the columns of the train table that hold dates and are neither input nor truth."""
    train = inspection.frames.get("train")
    if train is None:
        return
    chosen = {name for value in inspection.roles.values() for name in ([value] if isinstance(value, str) else value)}
    for column, kind in inspection.kinds["train"].items():
        if kind == "text" and column not in chosen and _holds_dates([str(one) for one in train[column].dropna()]):
            inspection.note(
                "train",
                FindingLevel.WARNING,
                "dates",
                column,
                "The rows have dates. If the model should predict later rows, random folds look into the future, "
                "which makes metrics optimistic (leakage).",
                "Put the latest rows into a separate table, and choose Custom holdout validation.",
                examples=[str(train[column].dropna().iloc[0])],
                found=listed(train[column].dropna().head(1)),
                expected="folds in chronological order, if time matters",
            )


def _holds_dates(cells: list[str]) -> bool:
    shown = cells[:SAMPLE_ROWS]
    return len(shown) > 1 and len(set(shown)) > 1 and sum(map(_is_date, shown)) >= MOST * len(shown)


def _is_date(cell: str) -> bool:
    return _DATE.match(cell.strip()) is not None
