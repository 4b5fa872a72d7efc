"""What an error of ours answers over HTTP: a status, and a body with what happened and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from studio.errors import (
    ArchiveError,
    ConflictError,
    DiskFullError,
    MissingDependencyError,
    NotFoundError,
    PathError,
    StudioError,
)
from studio.settings.finding import Finding, FindingsError

Statuses = tuple[tuple[type[StudioError], int], ...]
STATUSES: Statuses = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (PathError, 404),
    (ArchiveError, 422),
    (DiskFullError, 507),
    (MissingDependencyError, 501),
)
"""Of errors that need no request."""
BAD_REQUEST = 400
FINDINGS = 422


def refusal(error: StudioError, statuses: Statuses = STATUSES) -> tuple[int, dict[str, Any]]:
    """Status and body of an error."""
    if isinstance(error, FindingsError):
        offer = getattr(error, "columns", None)
        more = {} if offer is None else {"columns": offer.model_dump(mode="json")}
        return FINDINGS, {**findings_body(error.findings, error.message, error.code), **more}
    status = next((status for kind, status in statuses if isinstance(error, kind)), BAD_REQUEST)
    more = {name: value for name in ("offset", "names") if (value := getattr(error, name, None)) is not None}
    body = error_body(error.code, error.message, error.hint, **more)
    body["error"] |= {name: value for name in ("found", "expected") if (value := getattr(error, name))}
    return status, body


def error_body(code: str, message: str, hint: str = "", **more: Any) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"code": code, "message": message, "hint": hint}, **more}


def findings_body(findings: Sequence[Finding], message: str, code: str) -> dict[str, Any]:
    """The body of a refusal with every finding."""
    return error_body(code, message, findings=[finding.model_dump(mode="json") for finding in findings])


def headers_of(status: int) -> Mapping[str, str] | None:
    """Whether another time would help."""
    return {"Retry-After": "2"} if status in (429, 503) else None
