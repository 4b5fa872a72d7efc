"""Answers of the REST API that need no server: of what is installed, and of a home at rest.

A command that only reads would wait seconds for a server to start. Here the same services answer the same requests;
what they cannot answer as a server would, a server answers.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from studio.errors import StudioError
from studio.json_text import parse_json

if TYPE_CHECKING:
    from studio.server.reading import Reading
    from studio.store.home import Home

MAX_LETTERS = 255
"""Of a text in an address; about a longer one the server has something to say."""
Values = Mapping[str, Any]


class NotAnsweredError(Exception):
    """A server is needed."""


class RefusedError(Exception):
    """The answer is a refusal: status and body as the server gives them."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def answer(home: "Home", method: str, path: str, query: Values, body: Values | None) -> Any:
    """The JSON of a request.

    Raises:
        NotAnsweredError: if a server is needed.
        RefusedError: if the request is refused.
    """
    body = _plain(body or {})
    names = (*query.values(), *(unquote(part) for part in path.split("/")))
    if any(isinstance(name, str) and len(name) > MAX_LETTERS for name in names):
        raise NotAnsweredError
    for known_method, pattern, act in _INSTALLED:
        found = re.fullmatch(pattern, path)
        if known_method == method and found and "dataset" not in query:
            with _refusals():
                return _plain(act(home, *map(unquote, found.groups()), **query, **body))
    for known_method, pattern, read in _HOME:
        if known_method == method and (found := re.fullmatch(pattern, path)):
            if not _may_be_read(home):
                raise NotAnsweredError
            from studio.server.reading import reading

            with _refusals(), reading(home) as services:
                if services is None:
                    raise NotAnsweredError
                return _plain(read(services, *map(unquote, found.groups()), **query, **body))
    raise NotAnsweredError


def _may_be_read(home: "Home") -> bool:
    """Whether a home looks as if it could be read, seen before anything large is imported."""
    from studio.server.home_lock import is_home_locked
    from studio.store.at_rest import is_at_rest

    try:
        return home.database.is_file() and not is_home_locked(home) and is_at_rest(home)
    except OSError:
        return False


@contextmanager
def _refusals() -> Iterator[None]:
    from pydantic import ValidationError

    from studio.server.refusals import refusal

    try:
        yield
    except StudioError as error:
        status, body = refusal(error)
        if status >= 500:
            raise NotAnsweredError from error  # of the home's condition, which a server looks at more closely
        raise RefusedError(status, body) from error
    except (ValidationError, sqlite3.Error, OSError) as error:
        raise NotAnsweredError from error


def _plain(value: Any) -> Any:
    """As JSON brings it over; a value that JSON has not is a server's to tell."""
    try:
        return parse_json(json.dumps(value, allow_nan=False))
    except ValueError as error:
        raise NotAnsweredError from error


def _model(value: Any, *, is_sparse: bool = False) -> Any:
    return value.model_dump(mode="json", by_alias=True, exclude_unset=is_sparse)


def _problem_types(home: "Home") -> Any:
    from studio.server.services.problem_catalogue import ProblemCatalogue

    return [_model(one) for one in ProblemCatalogue(home.path).problem_types()]


def _schema(home: "Home", problem_type: str, model_type: str | None = None) -> Any:
    from studio.problems.registry import problem_type as registered
    from studio.server.services.problem_catalogue import ProblemCatalogue, choices_here
    from studio.settings.choices import ChoiceContext
    from studio.store.at_rest import names_in

    names = names_in(home)
    if names is None:
        raise NotAnsweredError
    context = ChoiceContext(**choices_here(home.path, *names))
    document = ProblemCatalogue(home.path).document_in(registered(problem_type), model_type, context)
    return _model(document, is_sparse=True)


def _load(home: "Home", yaml: str) -> Any:
    from studio.server.services.problem_catalogue import ProblemCatalogue

    return _model(ProblemCatalogue(home.path).load(yaml))


def _dump(home: "Home", **body: Any) -> Any:
    from studio.server.schemas.catalogue import SettingsInput
    from studio.server.services.problem_catalogue import ProblemCatalogue

    return {"yaml": ProblemCatalogue(home.path).dump(SettingsInput.model_validate(body))}


def _schema_of_dataset(services: "Reading", problem_type: str, dataset: str, model_type: str | None = None) -> Any:
    return _model(services.catalogue.document(problem_type, model_type, dataset), is_sparse=True)


def _check(services: "Reading", **body: Any) -> Any:
    from studio.server.schemas.catalogue import SettingsInput

    return _model(services.catalogue.check(SettingsInput.model_validate(body)))


def _experiments(services: "Reading", q: str, state: str, archived: bool, offset: int, limit: int) -> Any:
    from studio.store.experiments import ExperimentQuery

    query = ExperimentQuery(text=q, state=state, archived=archived, offset=offset, limit=limit)
    return _model(services.experiments.page(query))


def _log(services: "Reading", run_id: str, after: int, limit: int) -> Any:
    return _model(services.runs.log(run_id, after, limit, "", ""))


_PART = "([^/]+)"
_INSTALLED: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "/api/problem-types", _problem_types),
    ("GET", f"/api/schema/{_PART}", _schema),
    ("POST", "/api/settings/load", _load),
    ("POST", "/api/settings/yaml", _dump),
)
"""Answered from what is installed. A schema looks up names of the home if it has a database."""
_HOME: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", f"/api/schema/{_PART}", _schema_of_dataset),
    ("POST", "/api/settings/check", _check),
    ("GET", "/api/experiments", _experiments),
    ("GET", f"/api/experiments/{_PART}", lambda services, id: _model(services.experiments.get(id))),
    ("GET", f"/api/runs/{_PART}/log", _log),
    ("GET", "/api/datasets", lambda services: [_model(one) for one in services.datasets.all()]),
    ("GET", f"/api/datasets/{_PART}", lambda services, id: _model(services.datasets.get(id))),
    (
        "GET",
        f"/api/datasets/{_PART}/findings",
        lambda services, id: [_model(one) for one in services.datasets.findings(id)],
    ),
)
"""Answered from the database of a home at rest."""
