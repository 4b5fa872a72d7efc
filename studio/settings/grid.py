"""Grid search: several values for some settings become distinct points."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from studio.settings.finding import Finding, SettingsError
from studio.settings.schema import SettingsSchema, unknown_key

MAX_POINTS = 256

Grid = Mapping[str, Sequence[Any]]


def grid_findings(settings: SettingsSchema, grid: Grid) -> tuple[Finding, ...]:
    """What is wrong with a grid: unknown or single-valued settings, bad values, too many points."""
    findings: list[Finding] = []
    schema = type(settings)
    for key, values in grid.items():
        field = schema.fields().get(key)
        if field is None:
            findings.append(unknown_key(key, schema))
        elif not field.setting.grid:
            findings.append(
                Finding(
                    code="no_grid",
                    path=key,
                    message=f"{field.setting.label} takes one value, not several.",
                    found=f"{len(values)} values",
                    expected="one value",
                    fix="Choose one value.",
                )
            )
        elif not values:
            findings.append(
                Finding(
                    code="empty_grid",
                    path=key,
                    message=f"{field.setting.label} has no values to try.",
                    found="an empty list",
                    expected="at least one value",
                    fix="Add a value, or turn several values off for this setting.",
                )
            )
        else:
            findings.extend(_value_findings(settings, key, values))
    count = _product(grid)
    if count > MAX_POINTS:
        findings.append(
            Finding(
                code="too_many",
                path="grid",
                message=f"The grid has {count:,} points.",
                found=f"{count:,}",
                expected=f"at most {MAX_POINTS}",
                fix="Try fewer values.",
            )
        )
    return tuple(findings)


def grid_points(settings: SettingsSchema, grid: Grid) -> list[tuple[SettingsSchema, dict[str, Any]]]:
    """The distinct points of a grid with the values each chose.

    Points that differ only in a hidden setting are one point.

    Raises:
        SettingsError: if the grid has findings.
    """
    findings = grid_findings(settings, grid)
    if findings:
        raise SettingsError(findings)
    points: dict[str, tuple[SettingsSchema, dict[str, Any]]] = {}
    for combination in itertools.product(*grid.values()):
        chosen = dict(zip(grid, combination, strict=True))
        point = settings.replaced(chosen)
        points.setdefault(point.fingerprint(), (point, chosen))
    return list(points.values())


def _product(grid: Grid) -> int:
    count = 1
    for values in grid.values():
        count *= max(1, len(values))
    return count


def _value_findings(settings: SettingsSchema, key: str, values: Sequence[Any]) -> list[Finding]:
    findings: list[Finding] = []
    for value in values:
        _, found = type(settings).parse({**settings.flat(), key: value})
        findings.extend(finding for finding in found if finding.path == key)
    return findings
