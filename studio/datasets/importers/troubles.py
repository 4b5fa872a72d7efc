"""Troubles met while a format is read: each kind is one finding with its count, however often it happened."""

from collections.abc import Sequence

from studio.datasets.formatting import LONGEST, excerpt
from studio.settings.finding import Finding, FindingLevel

MAX_EXAMPLES = 20


def trouble(
    code: str,
    path: str,
    message: str,
    fix: str,
    examples: Sequence[str],
    level: FindingLevel = FindingLevel.WARNING,
    *,
    expected: str,
    found: str = "",
) -> list[Finding]:
    """The finding for one kind of trouble; none if there are no examples of it, of which the first are what was found
    unless that is said."""
    if not examples:
        return []
    shown = tuple(dict.fromkeys(examples))[:MAX_EXAMPLES]
    return [
        Finding(
            level=level,
            code=code,
            path=path,
            message=message,
            found=excerpt(found or shown[0], LONGEST),
            expected=expected,
            fix=fix,
            count=len(examples),
            examples=shown,
        )
    ]
