"""Refusals: errors that speak of a whole file, as findings that say as much."""

from studio.errors import StudioError
from studio.settings.finding import Finding, FindingLevel, FindingsError, blocking


def found_and_expected(error: StudioError) -> tuple[str, str]:
    """What was met and what would be right; of several findings, what the first that blocks says."""
    findings = blocking(error.findings) if isinstance(error, FindingsError) else ()
    first = findings[0] if findings else error
    return first.found, first.expected


def refusal_finding(
    error: StudioError, path: str, level: FindingLevel = FindingLevel.ERROR, message: str = ""
) -> Finding:
    """What an error says, at its place in the data."""
    found, expected = found_and_expected(error)
    return Finding(
        level=level,
        code=error.code,
        path=path,
        message=message or error.message,
        found=found,
        expected=expected,
        fix=error.hint,
    )
