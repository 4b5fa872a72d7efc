"""Troubles met while a format is read: each kind is one finding with its count, however often it happened."""

from collections.abc import Sequence

from studio.settings.finding import Finding, FindingLevel

MAX_EXAMPLES = 20


def trouble(
    code: str,
    path: str,
    message: str,
    fix: str,
    examples: Sequence[str],
    level: FindingLevel = FindingLevel.WARNING,
) -> list[Finding]:
    """The finding for one kind of trouble; none if there are no examples of it."""
    if not examples:
        return []
    shown = tuple(dict.fromkeys(examples))[:MAX_EXAMPLES]
    return [Finding(level=level, code=code, path=path, message=message, fix=fix, count=len(examples), examples=shown)]
