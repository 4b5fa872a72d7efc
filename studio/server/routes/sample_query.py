"""The query of sample pages, the same for runs and predictions."""

from typing import Annotated

from fastapi import Depends, Query

from studio.results.sample_index import SORT_KEYS
from studio.server.routes.texts import NameQuery, OptionalSearch
from studio.server.services.viewing.samples import SampleQuery

MAX_OFFSET = 10**12
SORTS = f"^-?({'|'.join(SORT_KEYS)})$"


async def sample_query(
    split: NameQuery = "",
    sort: Annotated[str, Query(pattern=SORTS)] = "-loss",
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 24,
    truth: OptionalSearch = None,
    prediction: OptionalSearch = None,
    correct: bool | None = None,
    rows: Annotated[str | None, Query(pattern=r"^\d{1,18}(,\d{1,18})*$", max_length=8000)] = None,
) -> SampleQuery:
    """Which samples, in which order; `rows` are numbers in the source table with commas between."""
    numbers = None if rows is None else tuple(int(row) for row in rows.split(","))
    return SampleQuery(split, sort, offset, limit, truth, prediction, correct, numbers)


SampleQueryDep = Annotated[SampleQuery, Depends(sample_query)]
