"""Choosing: problem type, tables, media folder and column roles, as far as nobody has decided them."""

from collections.abc import Mapping, Sequence
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.tables.table_view import TableView
from studio.datasets.uploads.discovery import folder_above
from studio.datasets.uploads.roles import role_by_name
from studio.importing.scan_result import TABLE_ROLES, Choices, ScannedGuess
from studio.problems.contract import Guess, ProblemType
from studio.problems.registry import problem_type, problem_types


def choose(views: Mapping[str, TableView], given: Mapping[str, Any]) -> tuple[Choices, list[ScannedGuess]]:
    """The given choices, and guesses for whatever they leave open.

    A table role that is given as None has no table, on purpose; one that is not given is guessed.
    """
    wanted = str(given.get("problem_type") or "")
    if wanted:
        problem_type(wanted)
    base, guesses = _base_table(views, given, wanted)
    others = [given[role] for role in TABLE_ROLES[1:] if given.get(role)]
    chosen = next((one for one in guesses if not wanted or one.problem_type == wanted), None)
    kind = wanted or (chosen.problem_type if chosen else "")
    view = views[base]
    is_trained = bool(given["train"]) if "train" in given else not (base in others or _holds_no_labels(view, chosen))
    roles: dict[str, str | list[str] | None] = {**(chosen.roles if chosen else {}), **(given.get("roles") or {})}
    media_role = problem_type(kind).media_role if kind else None
    if media_role and not roles.get(media_role) and view.file_columns:
        roles[media_role] = next(iter(view.file_columns))
    names = {role: given.get(role) for role in TABLE_ROLES} | {"train": base if is_trained else None}
    if not is_trained and not any(names.values()):
        names["test"] = base
    free = {name: one for name, one in views.items() if name not in (base, *others)}
    for role in TABLE_ROLES[1:]:
        if role not in given and names[role] is None:
            names[role] = _companion(role, view, free, kind, roles)
    chosen_views = [view, *(views[str(name)] for name in names.values() if name in views and name != base)]
    media_folder = given.get("media_folder") or _media_folder(kind, roles, chosen_views)
    return Choices(problem_type=kind, media_folder=media_folder, roles=roles, **names), guesses


def _base_table(
    views: Mapping[str, TableView], given: Mapping[str, Any], wanted: str
) -> tuple[str, list[ScannedGuess]]:
    """The table that columns are chosen from, and what it looks like: the train table, else the first there is."""
    named = [given[role] for role in TABLE_ROLES if given.get(role)]
    if "train" in given:
        tests = [name for name in views if role_by_name(name) == "test"]
        candidates = named[:1] or tests or list(views)
    else:
        candidates = [name for name in _train_candidates(views) if name not in named] or named[:1]
    best, guesses = candidates[0], _guesses(views[candidates[0]])
    for name in candidates[1:]:
        found = _guesses(views[name])
        if confidence(found, wanted) > confidence(guesses, wanted):
            best, guesses = name, found
    return best, guesses


def _holds_no_labels(view: TableView, chosen: ScannedGuess | None) -> bool:
    """Whether a table can only be predicted on: nothing in it looks like a label, and its name or columns say so."""
    has_only_files = bool(view.file_columns) and len(view.file_columns) == len(view.kinds)
    return chosen is None and (has_only_files or role_by_name(view.name) == "test")


def _train_candidates(views: Mapping[str, TableView]) -> list[str]:
    trains = [name for name in views if role_by_name(name) == "train"]
    others = [name for name in views if role_by_name(name) is None]
    return trains or others or list(views)


def _guesses(view: TableView) -> list[ScannedGuess]:
    found: list[Guess] = [guess for kind in problem_types().values() if (guess := kind.guess(view)) is not None]
    return [
        ScannedGuess(
            problem_type=guess.problem_type,
            confidence=guess.confidence,
            reasons=list(guess.reasons),
            roles={
                role: columns if isinstance(columns, str) else list(columns) for role, columns in guess.roles.items()
            },
        )
        for guess in sorted(found, key=lambda one: -one.confidence)
    ]


def confidence(guesses: list[ScannedGuess], wanted: str) -> float:
    """How sure the surest guess is; of one problem type where that is chosen."""
    return max((one.confidence for one in guesses if not wanted or one.problem_type == wanted), default=0.0)


def _media_folder(kind: str, roles: Mapping[str, Any], views: Sequence[TableView]) -> str:
    """The folder above the files of all chosen tables, of which the first is the one that columns are chosen from."""
    role = problem_type(kind).media_role if kind else None
    column = roles.get(role) if role else None
    folders = [view.file_columns[column] for view in views if isinstance(column, str) and column in view.file_columns]
    if not folders:
        return next(iter(views[0].media_folders), ".")
    return folder_above(folders)


def _companion(
    role: TableRole, base: TableView, free: Mapping[str, TableView], kind: str, roles: Mapping[str, Any]
) -> str | None:
    """A table of this role by name whose columns fit, the one most like the base table."""
    needed = {
        str(roles[one.name])
        for one in (problem_type(kind).roles if kind else ())
        if (one.in_test or role == "validation") and isinstance(roles.get(one.name), str)
    }
    fitting = [
        name for name, view in free.items() if role_by_name(name) == role and needed <= set(map(str, view.rows.columns))
    ]
    columns = set(base.rows.columns)
    fitting.sort(key=lambda name: (len(columns ^ set(free[name].rows.columns)), name))
    return fitting[0] if fitting else None


def role_reasons(kind: ProblemType | None, choices: Choices, views: Mapping[str, TableView]) -> dict[str, str]:
    """Why each column was chosen, by role."""
    base = choices.base_table()
    if kind is None or base is None:
        return {}
    view = views[base]
    reasons = {}
    for role in kind.roles:
        chosen = choices.roles.get(role.name)
        columns = [chosen] if isinstance(chosen, str) else list(chosen or ())
        known = [column for column in columns if column in view.kinds]
        if known:
            reasons[role.name] = _column_reason(view, known)
    return reasons


def _column_reason(view: TableView, columns: Sequence[str]) -> str:
    """What columns hold, in words."""
    first = columns[0]
    if len(columns) > 1:
        are_flags = all(view.rows[column].dropna().isin([0, 1]).all() for column in columns)
        return f"{len(columns)} columns of {'0 and 1' if are_flags else _HOLDS.get(view.kinds[first], 'values')}"
    if first in view.file_columns:
        return f"its cells name files in {view.file_columns[first]}"
    return "holds lists" if view.kinds[first] == "list" else f"{int(view.rows[first].nunique())} different values"


_HOLDS = {"text": "texts", "number": "numbers", "integer": "numbers", "list": "lists"}
