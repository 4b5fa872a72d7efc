"""Choosing: problem type, tables, media folder and column roles, as far as nobody has decided them."""

from collections.abc import Mapping
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.listing import role_by_name
from studio.datasets.scan_result import TABLE_ROLES, Choices, ScannedGuess
from studio.problems.contract import Guess, ProblemType, TableView
from studio.problems.registry import problem_type, problem_types


def choose(views: Mapping[str, TableView], given: Mapping[str, Any]) -> tuple[Choices, list[ScannedGuess]]:
    """The given choices, and guesses for whatever they leave open."""
    wanted = str(given.get("problem_type") or "")
    if wanted:
        problem_type(wanted)
    candidates = [given["train"]] if given.get("train") else _train_candidates(views)
    best_name, guesses = candidates[0], _guesses(views[candidates[0]])
    for name in candidates[1:]:
        found = _guesses(views[name])
        if _confidence(found, wanted) > _confidence(guesses, wanted):
            best_name, guesses = name, found
    chosen = next((one for one in guesses if not wanted or one.problem_type == wanted), None)
    kind = wanted or (chosen.problem_type if chosen else "")
    roles: dict[str, str | list[str] | None] = {**(chosen.roles if chosen else {}), **(given.get("roles") or {})}
    view = views[best_name]
    media_role = problem_type(kind).media_role if kind else None
    if media_role and not roles.get(media_role) and view.file_columns:
        roles[media_role] = next(iter(view.file_columns))
    media_folder = given.get("media_folder") or _media_folder(kind, roles, view)
    names = {role: given.get(role) for role in TABLE_ROLES} | {"train": best_name}
    for role in TABLE_ROLES[1:]:
        if role not in given:
            names[role] = _companion(role, best_name, views, kind, roles)
    return Choices(problem_type=kind, media_folder=media_folder, roles=roles, **names), guesses


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


def _confidence(guesses: list[ScannedGuess], wanted: str) -> float:
    return max((one.confidence for one in guesses if not wanted or one.problem_type == wanted), default=0.0)


def _media_folder(kind: str, roles: Mapping[str, Any], view: TableView) -> str:
    role = problem_type(kind).media_role if kind else None
    column = roles.get(role) if role else None
    if isinstance(column, str) and column in view.file_columns:
        return view.file_columns[column]
    return next(iter(view.media_folders), ".")


def _companion(
    role: TableRole, train: str, views: Mapping[str, TableView], kind: str, roles: Mapping[str, Any]
) -> str | None:
    """A table of this role by name whose columns fit, the one most like the train table."""
    needed = {
        str(roles[one.name])
        for one in (problem_type(kind).roles if kind else ())
        if (one.in_test or role == "validation") and isinstance(roles.get(one.name), str)
    }
    fitting = [
        name
        for name, view in views.items()
        if name != train and role_by_name(name) == role and needed <= set(map(str, view.rows.columns))
    ]
    train_columns = set(views[train].rows.columns)
    fitting.sort(key=lambda name: (len(train_columns ^ set(views[name].rows.columns)), name))
    return fitting[0] if fitting else None


def role_reasons(kind: ProblemType | None, choices: Choices, views: Mapping[str, TableView]) -> dict[str, str]:
    if kind is None or choices.train is None:
        return {}
    view = views[choices.train]
    reasons = {}
    for role in kind.roles:
        chosen = choices.roles.get(role.name)
        if isinstance(chosen, str) and chosen in view.file_columns:
            reasons[role.name] = f"its cells name files in {view.file_columns[chosen]}"
        elif isinstance(chosen, str) and chosen in view.kinds:
            column = view.rows[chosen]
            reasons[role.name] = (
                "holds lists" if view.kinds[chosen] == "list" else f"{int(column.nunique())} different values"
            )
        elif isinstance(chosen, list) and len(chosen) == 1 and chosen[0] in view.kinds:
            reasons[role.name] = f"{int(view.rows[chosen[0]].nunique())} different values"
        elif chosen:
            reasons[role.name] = f"{len(chosen)} columns of 0 and 1"
    return reasons
