"""What a scan finds, as typed payloads: tables, folders, guesses, choices, a preview."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from studio.datasets.dataset import ColumnKind, TableRole
from studio.results.sample_view import SampleView
from studio.settings.finding import Finding

TABLE_ROLES: tuple[TableRole, ...] = ("train", "validation", "test", "unlabeled")

CHECK_FILE = "check.json"
SCANNED = b"scanned\n"
"""What a scanner says when `scan.json` is written, and the check of every row begins."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Choices(_Model):
    """What is decided about an import; every part has a guess."""

    problem_type: str = ""
    train: str | None = None
    validation: str | None = None
    test: str | None = None
    unlabeled: str | None = None
    media_folder: str = "."
    roles: dict[str, str | list[str] | None] = {}
    format: str = "table"

    def tables(self) -> dict[TableRole, str]:
        """Role -> file, of the tables that are chosen."""
        chosen = {role: getattr(self, role) for role in TABLE_ROLES}
        return {role: name for role, name in chosen.items() if name}

    def base_table(self) -> str | None:
        """The table that columns are chosen from: the train table, else the first there is."""
        return next(iter(self.tables().values()), None)


class ScanRequest(_Model):
    """`request.json`. `choices` given by a person win over guesses; what they leave open is guessed."""

    source: str
    """The uploaded file, or a file or folder of the server."""
    source_name: str = ""
    choices: dict[str, Any] | None = None
    is_checked: bool = False
    """Whether every row and file is checked, too, once the scan has been told."""


class ScannedColumn(_Model):
    """A column of a scanned table."""

    name: str
    kind: ColumnKind
    missing: int
    distinct: int
    examples: list[str]


class ScannedTable(_Model):
    """A table of the upload."""

    name: str
    rows: int
    columns: list[ScannedColumn]


class ScannedFolder(_Model):
    """A media folder of the upload."""

    name: str
    files: int
    kinds: dict[str, int]


class ScannedGuess(_Model):
    """A problem type that the data looks like."""

    problem_type: str
    confidence: float
    reasons: list[str]
    roles: dict[str, str | list[str]]


class ScannedFormat(_Model):
    """A data format that the upload looks like."""

    id: str
    title: str
    problem_type: str
    confidence: float
    reasons: list[str]


class PreviewRow(_Model):
    """One row of the preview; `media` is a path inside the upload."""

    row: int
    cells: list[str]
    media: str | None = None


class Preview(_Model):
    """The first rows of the base table."""

    columns: list[str] = []
    rows: list[PreviewRow] = []


class ScanProblem(_Model):
    """Why a scan failed."""

    code: str
    message: str
    hint: str
    found: str = ""
    """What was met, in a few words; `expected` is what would be right."""
    expected: str = ""


class Scan(_Model):
    """`scan.json`."""

    state: Literal["ready", "failed"] = "ready"
    error: ScanProblem | None = None
    findings: list[Finding] = []
    tables: list[ScannedTable] = []
    folders: list[ScannedFolder] = []
    formats: list[ScannedFormat] = []
    guesses: list[ScannedGuess] = []
    choices: Choices = Choices()
    role_reasons: dict[str, str] = {}
    preview: Preview = Preview()
    samples: list[SampleView] = []


class CheckedRow(_Model):
    """A row that a finding of the check is about; `media` is a path inside the upload."""

    table: str
    row: int
    """From 1."""
    cells: dict[str, str]
    """Of the chosen columns."""
    media: str | None = None


class WholeCheck(_Model):
    """`check.json`: what the import would say, before it is ordered."""

    state: Literal["done", "skipped"] = "done"
    reason: str = ""
    """Why there are no findings, if it was skipped."""
    findings: list[Finding] = []
    rows: list[CheckedRow] = []
    classes: tuple[str, ...] = ()
    """In the order that models will use."""
