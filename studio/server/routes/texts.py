"""Texts in addresses, each with a length: what is longer is no id or name, only work for those who look for it."""

from typing import Annotated

from fastapi import Path as InPath
from fastapi import Query

ID_LETTERS = 255
"""Of an id or a name."""
SEARCH_LETTERS = 500
LIST_LETTERS = 20_000
PATH_LETTERS = 4096

IdPath = Annotated[str, InPath(max_length=ID_LETTERS)]
FilePath = Annotated[str, InPath(max_length=PATH_LETTERS)]
FileQuery = Annotated[str, Query(max_length=PATH_LETTERS)]
NameQuery = Annotated[str, Query(max_length=ID_LETTERS)]
SearchQuery = Annotated[str, Query(max_length=SEARCH_LETTERS)]
ListQuery = Annotated[str, Query(max_length=LIST_LETTERS)]
"""Several names with commas between."""
OptionalName = Annotated[str | None, Query(max_length=ID_LETTERS)]
OptionalSearch = Annotated[str | None, Query(max_length=SEARCH_LETTERS)]
