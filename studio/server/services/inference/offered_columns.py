"""Columns of a file for the roles of a model that was trained on other names: offered by likeness, chosen by people."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from studio.problems.contract import ColumnRole, ProblemType
from studio.server.schemas.columns import ColumnOffer, ColumnTexts, OfferedRole
from studio.settings.finding import Finding, FindingsError

LIKE = 0.6
"""The least ratio at which `difflib` takes two names as close, as its own default."""


class ColumnsError(FindingsError):
    """A table without columns that the model needs; `columns` says which of its own could take their place."""

    code = "columns"

    def __init__(self, findings: Iterable[Finding], columns: ColumnOffer) -> None:
        super().__init__(findings)
        self.columns = columns


def offered_roles(kind: ProblemType) -> list[ColumnRole]:
    """Roles whose columns may be named anew: inputs, and a single column of labels."""
    return [role for role in kind.roles if role.in_test or (role.is_required and not role.is_many)]


def require_columns(
    kind: ProblemType,
    trained: Mapping[str, ColumnTexts | None],
    chosen: Mapping[str, ColumnTexts],
    table: str,
    kinds: Mapping[str, str],
    inferred: Mapping[str, ColumnTexts | None],
) -> None:
    """Refuse a table in which an input of the model has no column.

    `trained` are the columns of each role in training, `chosen` those that a person named for this table, `inferred`
    those that the table itself suggests; `kinds` has the kind of each column of the table.

    Raises:
        ColumnsError: with every missing column, and what could take its place.
    """
    roles = {role.name: role for role in offered_roles(kind)}
    findings = [_unknown_role(name, roles) for name in chosen if name not in roles]
    for name, role in roles.items():
        is_needed = name in chosen or (role.in_test and role.is_required)
        wanted = texts(chosen.get(name, trained.get(name))) if is_needed else []
        findings += [_missing(role, column, table, list(kinds)) for column in wanted if column not in kinds]
    if findings:
        raise ColumnsError(findings, _offer(list(roles.values()), trained, table, kinds, inferred))


def texts(value: ColumnTexts | None) -> list[str]:
    """Names of columns as a list."""
    return [one for one in ([value] if isinstance(value, str) else value or []) if one]


def _offer(
    roles: Sequence[ColumnRole],
    trained: Mapping[str, ColumnTexts | None],
    table: str,
    kinds: Mapping[str, str],
    inferred: Mapping[str, ColumnTexts | None],
) -> ColumnOffer:
    offered = []
    for role in roles:
        known = texts(trained.get(role.name))
        if known:
            fitting = [name for name, kind in kinds.items() if kind in role.kinds]
            guesses = texts(inferred.get(role.name)) or (fitting if len(fitting) == 1 and role.in_test else [])
            likely = [_likely(one, list(kinds), guesses, place) for place, one in enumerate(known)]
            suggested = [one for one in dict.fromkeys(likely) if one is not None]
            is_required = role.is_required and role.in_test
            offered.append(OfferedRole(role=role.name, trained=known, suggested=suggested, is_required=is_required))
    return ColumnOffer(table=table, columns=list(kinds), roles=offered)


def _likely(known: str, names: Sequence[str], inferred: Sequence[str], place: int) -> str | None:
    """The same name, one that differs in case or a few letters, else what the table suggests for the role, which may
    be the only column of the right kind.
    """
    if known in names:
        return known
    folded = {_folded(name): name for name in reversed(names)}
    near = difflib.get_close_matches(_folded(known), list(folded), n=1, cutoff=LIKE)
    if near:
        return folded[near[0]]
    return inferred[place] if place < len(inferred) and inferred[place] in names else None


def _folded(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _missing(role: ColumnRole, column: str, table: str, names: Sequence[str]) -> Finding:
    return Finding(
        code="missing_column",
        path=table,
        message=f'{table} has no column "{column}" ({role.title}).',
        found=", ".join(names[:12]) or "no columns",
        expected=column,
        fix="Choose the column that takes its place, or rename it in the file.",
    )


def _unknown_role(name: str, roles: Iterable[str]) -> Finding:
    return Finding(
        code="unknown_role",
        path=f"columns.{name}",
        message=f'The model has no role "{name}".',
        found=name,
        expected=", ".join(roles),
        fix="Name one of these roles.",
    )
