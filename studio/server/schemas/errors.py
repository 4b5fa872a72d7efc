"""How the API says that something did not work."""

from pydantic import Field

from studio.server.schemas.columns import ColumnOffer
from studio.server.schemas.payload import Payload
from studio.settings.finding import Finding


class FailedSample(Payload):
    """The row at which a run failed."""

    row: int
    """As the dataset counts its rows, from 1."""
    file: str = ""
    column: str = ""


class ErrorDetail(Payload):
    """A code for programs, a sentence for people, and what to do."""

    code: str
    message: str
    hint: str = ""
    found: str = ""
    expected: str = ""
    """Of bad data: what was met, and what would be right."""
    id: str | None = None
    """Finds the detail of an unexpected error in the server's log."""
    setting: str | None = None
    """The key of the likely setting, where one stands behind it."""
    sample: FailedSample | None = None
    """The sample that could not be read, where one stands behind it."""
    findings: list[Finding] = []
    """Everything that was found wrong with what was given, where that is the reason."""


class ErrorBody(Payload):
    """The body of every answer that is not 2xx."""

    error: ErrorDetail
    offset: int | None = None
    """The true offset of an upload, when the given one differs."""
    names: list[str] = Field(default_factory=list)
    """What stands in the way of a deletion."""


class FindingsBody(Payload):
    """The body of a 422: everything that is wrong, at once."""

    findings: list[Finding]
    error: ErrorDetail
    columns: ColumnOffer | None = None
    """Of a table to predict that lacks columns of the model."""
