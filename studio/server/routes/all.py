"""Every router, in the order of the reference."""

from fastapi import APIRouter

from studio.server.routes import (
    catalogue,
    datasets,
    events,
    experiments,
    imports,
    machine,
    predictions,
    runs,
    session,
    uploads,
)
from studio.server.schemas.errors import ErrorBody, FindingsBody

RESPONSES: dict[int | str, dict[str, object]] = {
    400: {"model": ErrorBody},
    401: {"model": ErrorBody},
    404: {"model": ErrorBody},
    409: {"model": ErrorBody},
    422: {"model": FindingsBody},
}


def api_router() -> APIRouter:
    """All routes of the server."""
    router = APIRouter(responses=RESPONSES)
    for module in (
        session,
        catalogue,
        uploads,
        imports,
        datasets,
        experiments,
        runs,
        predictions,
        machine,
        events,
    ):
        router.include_router(module.router)
    return router
