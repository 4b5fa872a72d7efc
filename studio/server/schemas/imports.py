"""Data that is being looked at before it becomes a dataset."""

from typing import Literal

from pydantic import ConfigDict

from studio.results.sample_view import SampleView
from studio.server.schemas.errors import ErrorDetail
from studio.server.schemas.payload import Name, Payload
from studio.settings.finding import Finding

Role = str | list[str] | None


class Choices(Payload):
    """What a person decided about the data. A table of None means there is none; what is left out is guessed."""

    problem_type: str | None = None
    train: str | None = None
    validation: str | None = None
    test: str | None = None
    unlabeled: str | None = None
    media_folder: str | None = None
    roles: dict[str, Role] = {}
    format: str | None = None


class ImportCreate(Payload):
    """Where the data is: an upload, or a path inside an allow-listed root."""

    upload_id: str | None = None
    path: str | None = None
    is_checked: bool = False
    """Whether every row and file is checked, too, once the first look is over."""


class ImportCheck(Payload):
    """Other choices to look at the data with."""

    choices: Choices


class ImportFinish(Payload):
    """The name and the final choices."""

    name: Name
    choices: Choices


class _Lenient(Payload):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ImportColumn(_Lenient):
    """A column as the first look sees it."""

    name: str
    kind: str
    missing: int = 0
    distinct: int = 0
    examples: list[str] = []


class ImportTable(_Lenient):
    """A table as the first look sees it."""

    name: str
    rows: int
    columns: list[ImportColumn] = []


class ImportFolder(_Lenient):
    """A folder of files."""

    name: str
    files: int
    kinds: dict[str, int] = {}


class ImportGuess(_Lenient):
    """A problem type this looks like."""

    problem_type: str
    confidence: float
    reasons: list[str] = []
    roles: dict[str, Role] = {}


class ImportFormat(_Lenient):
    """A data format this looks like."""

    id: str
    title: str
    problem_type: str
    confidence: float
    reasons: list[str] = []


class PreviewMedia(_Lenient):
    """A file to show with a row."""

    path: str


class PreviewRow(_Lenient):
    """One row of the preview."""

    row: int
    cells: list[str]
    media: PreviewMedia | None = None


class Preview(_Lenient):
    """The first rows."""

    columns: list[str] = []
    rows: list[PreviewRow] = []


class CheckedRow(_Lenient):
    """A row that a finding of the check is about."""

    table: str
    row: int
    cells: dict[str, str] = {}
    """Of the chosen columns."""
    media: str | None = None
    """The path of its file."""


class WholeCheck(_Lenient):
    """What the import would leave out, repair or refuse, before it is ordered."""

    state: Literal["running", "done", "skipped"]
    reason: str = ""
    """Why there are no findings, if it was skipped."""
    findings: list[Finding] = []
    rows: list[CheckedRow] = []
    classes: list[str] = []
    """In the order that models will use."""


class Import(_Lenient):
    """Data that is being looked at."""

    id: str
    state: Literal["scanning", "ready", "failed"]
    source: str
    created: float = 0.0
    error: ErrorDetail | None = None
    findings: list[Finding] = []
    check: WholeCheck | None = None
    """None where it was not asked for."""
    tables: list[ImportTable] = []
    folders: list[ImportFolder] = []
    formats: list[ImportFormat] = []
    guesses: list[ImportGuess] = []
    choices: Choices = Choices()
    role_reasons: dict[str, str] = {}
    preview: Preview = Preview()
    samples: list[SampleView] = []


class ImportRoots(Payload):
    """Folders of the server that may be imported from."""

    roots: list[str]
