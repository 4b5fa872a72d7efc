"""Every router, in the order of the reference."""

from fastapi import APIRouter, Depends

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
from studio.server.routes.declared_query import declared_query

RESPONSES: dict[int | str, dict[str, object]] = {
    status: {"description": "Error"}
    for status in (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 501, 503, 507)
}
"""Every answer that any route may give beside its own. Without their models, which FastAPI would build for every
route at each start: the document adds them once."""


def api_router() -> APIRouter:
    """All routes of the server."""
    whole = APIRouter(responses=RESPONSES, dependencies=[Depends(declared_query)])
    for router in routers():
        whole.include_router(router)
    return whole


def routers() -> tuple[APIRouter, ...]:
    """The routes of each resource."""
    return (
        session.router,
        catalogue.router,
        uploads.router,
        imports.router,
        datasets.router,
        experiments.router,
        runs.router,
        predictions.router,
        machine.router,
        events.router,
    )
