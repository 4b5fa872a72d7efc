"""DatasetFormat: how data may lie in an upload, as data: what it is called, how it is recognised, how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from studio.datasets.dataset import TableRole
from studio.datasets.importers.upload import Upload
from studio.on_demand import pa
from studio.settings.finding import Finding

TABLE_FORMAT = "table"
"""The id of the format that needs no conversion: the studio's own tables."""


@dataclass(frozen=True)
class Recognition:
    """How sure it is that an upload has a format, and why."""

    confidence: float
    """0 to 1."""
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Conversion:
    """The studio's own tables, made from an upload in some format."""

    tables: Mapping[TableRole, pa.Table]
    media_folder: str
    """The folder of the upload that the tables' file names are in; "." for the top."""
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class DatasetFormat:
    """A way in which data may lie in an upload."""

    id: str
    title: str
    layout: str
    """What belongs to it, in one sentence."""
    recognise: Callable[[Upload], Recognition | None]
    read: Callable[[Upload], Conversion] | None
    """None for tables, which are read as they are.

    Raises FindingsError or DatasetError if the upload cannot be read in this format.
    """
    endings: tuple[str, ...] = ()
    """Endings of files that can be a whole upload by themselves."""
    medium: str = ""
    """The medium that it is about, where it is not any."""
    accounts_for_media: bool = False
    """Whether it reads media as annotations, such as masks, or says itself which of them it leaves out."""
    written_by: str = ""
    """The tools and exports that write it, for the documentation."""
    corrected: str = ""
    """What is corrected or decided on the way, and said; for the documentation."""
    left_out: str = ""
    """What is left out row by row, counted and named; for the documentation."""

    @property
    def recognised_by(self) -> str:
        """What it is recognised by, in one sentence."""
        function = self.recognise.func if isinstance(self.recognise, partial) else self.recognise
        return (function.__doc__ or "").partition("\n")[0].rstrip(".")


def table_format(title: str, layout: str) -> DatasetFormat:
    """The format of plain tables; problem types recognise them by their own guess."""
    return DatasetFormat(TABLE_FORMAT, title, layout, recognise=lambda upload: None, read=None)
