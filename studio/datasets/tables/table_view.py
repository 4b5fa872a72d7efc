"""TableView: what is known of a table while its columns' roles are inferred."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio.datasets.dataset import ColumnKind

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TableView:
    """What guesses look at: a table's first rows as real values, and where its media files are."""

    name: str
    rows: "pd.DataFrame"
    kinds: Mapping[str, ColumnKind]
    media_folders: Mapping[str, int]
    """Folder -> number of files."""
    file_columns: Mapping[str, str]
    """Column -> folder that holds the files it names."""
    file_media: Mapping[str, str] = field(default_factory=dict)
    """Column -> medium of the files it names, where one can be read."""
