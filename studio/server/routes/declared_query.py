"""declared_query: a name in the address that a route does not know is refused, not passed over."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute


async def declared_query(request: Request) -> None:
    """Refuse names that the route does not declare: a filter that is misspelt would show everything.

    Raises:
        RequestValidationError: naming each.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    unknown = sorted(request.query_params.keys() - set(_names(route.dependant)))
    if unknown:
        raise RequestValidationError(
            [
                {
                    "type": "unknown_query",
                    "loc": ("query", name[:80]),
                    "msg": "This name is not known here.",
                    "input": name,
                }
                for name in unknown
            ]
        )


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _names(inner)
