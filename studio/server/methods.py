"""Methods: a path of the API that is asked by a method it does not take is told from one that is not there."""

from starlette.routing import Route

from studio.server.routes.all import routers


def methods_of(path: str) -> tuple[str, ...]:
    """The methods that the API takes on a path, sorted; none where there is no such path."""
    found: set[str] = set()
    for router in routers():
        for route in router.routes:
            if isinstance(route, Route) and route.path_regex.match(path):
                found |= route.methods or set()
    return tuple(sorted(found))
