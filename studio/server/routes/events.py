"""The one stream of events a browser listens to."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from studio.server.limits import stream_limit
from studio.server.routes.texts import ListQuery
from studio.server.stream import EventStream
from studio.server.studio import StudioDep
from studio.store.database import BusyError

router = APIRouter(prefix="/api", tags=["stream"])


@router.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def stream_events(
    studio: StudioDep,
    topics: ListQuery = "",
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query(alias="last_event_id")] = None,
) -> StreamingResponse:
    """Changes of the topics (queue, experiments, datasets, predictions, run:ID), resumed behind Last-Event-ID.

    A browser sends the header when it reconnects by itself; a page that opens another stream has only the address.
    """
    if studio.hub.listeners >= stream_limit():
        raise BusyError("Too many pages of the studio are open.", hint="Close some of them.")
    stream = EventStream(studio.hub, frozenset(filter(None, topics.split(","))), last_event_id or after)
    return StreamingResponse(
        stream.messages(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
