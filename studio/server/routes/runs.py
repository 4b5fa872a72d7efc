"""Runs: series, logs, insights, samples, files, answers."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from studio.results.insight import Insight, InsightEntry
from studio.server.downloads import attachment, file_attachment, user_file
from studio.server.lanes import in_lane
from studio.server.routes.sample_query import MAX_OFFSET, SampleQueryDep
from studio.server.routes.texts import FilePath, FileQuery, IdPath, ListQuery, NameQuery, SearchQuery
from studio.server.schemas.runs import Answer, LogPage, PipelineInfo, Run, RunFile, RunSamplePage, SeriesAnswer
from studio.server.services.shown_files import MediaSize
from studio.server.studio import StudioDep

router = APIRouter(prefix="/api/runs", tags=["runs"])
IMMUTABLE = {"Cache-Control": "private, max-age=31536000, immutable"}


@router.get("/{run_id}")
def get_run(studio: StudioDep, run_id: IdPath) -> Run:
    """A run."""
    return studio.runs.get(run_id)


@router.get("/{run_id}/series")
@in_lane("tables")
def get_series(
    studio: StudioDep,
    run_id: IdPath,
    names: ListQuery = "",
    points: Annotated[int, Query(ge=1, le=20_000)] = 2000,
    start: Annotated[int | None, Query(alias="from", ge=0, le=MAX_OFFSET)] = None,
    end: Annotated[int | None, Query(alias="to", ge=0, le=MAX_OFFSET)] = None,
) -> SeriesAnswer:
    """Series (all, or those named with commas between), reduced to `points` buckets."""
    return studio.runs.series(run_id, [name for name in names.split(",") if name], points, start, end)


@router.get("/{run_id}/log")
@in_lane("tables")
def get_log(
    studio: StudioDep,
    run_id: IdPath,
    after: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
    level: Literal["", "debug", "info", "warning", "error"] = "",
    q: SearchQuery = "",
    before: Annotated[int | None, Query(ge=1, le=MAX_OFFSET)] = None,
    end: bool = False,
) -> LogPage:
    """Lines behind number `after`, of a level or worse, that contain a text: the first of them, or the last (`end`).

    Only those with a number below `before`, if it is given.
    """
    return studio.runs.log(run_id, after, limit, level, q, before=before, is_end=end)


@router.get("/{run_id}/log/download", response_class=PlainTextResponse)
@in_lane("exports")
def download_log(studio: StudioDep, run_id: IdPath) -> Response:
    """The whole log as text."""
    name, text = studio.runs.log_text(run_id)
    return PlainTextResponse(text, headers=attachment(name))


@router.get("/{run_id}/insights")
def list_insights(studio: StudioDep, run_id: IdPath) -> list[InsightEntry]:
    """The insights there are so far."""
    return studio.runs.insights(run_id)


@router.get("/{run_id}/insights/{key}")
def get_insight(studio: StudioDep, run_id: IdPath, key: IdPath, response: Response) -> Insight:
    """An insight with its payload."""
    response.headers.update(IMMUTABLE)
    return studio.runs.insight(run_id, key)


@router.get("/{run_id}/samples")
@in_lane("tables")
def list_run_samples(studio: StudioDep, run_id: IdPath, query: SampleQueryDep) -> RunSamplePage:
    """Some predicted samples of a split."""
    return studio.runs.samples(run_id, query)


@router.get("/{run_id}/media", response_class=FileResponse)
def get_run_media(studio: StudioDep, run_id: IdPath, path: FileQuery) -> Response:
    """A picture that the run wrote."""
    return user_file(studio.home, studio.runs.media(run_id, path), is_immutable=True)


@router.get("/{run_id}/files")
def list_run_files(studio: StudioDep, run_id: IdPath) -> list[RunFile]:
    """What can be downloaded."""
    return studio.runs.files(run_id)


@router.get("/{run_id}/files/{name:path}", response_class=FileResponse)
def get_run_file(studio: StudioDep, run_id: IdPath, name: FilePath) -> Response:
    """One of the files."""
    path, download_name = studio.runs.file(run_id, name)
    return file_attachment(studio.home, path, download_name)


@router.post("/{run_id}/pipeline")
@in_lane("exports")
def build_pipeline(studio: StudioDep, run_id: IdPath) -> PipelineInfo:
    """Build the scoring pipeline, if it is not there."""
    return studio.runs.build_pipeline(run_id)


@router.post(
    "/{run_id}/answer",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "application/json": {"schema": {"type": "object"}},
            },
        }
    },
)
async def answer(studio: StudioDep, request: Request, run_id: IdPath, interpret: bool = False) -> Answer:
    """What the model says about one image (raw body) or text (JSON)."""
    kind = request.headers.get("content-type", "")
    return await studio.answers.answer(run_id, kind, request.stream(), request.is_disconnected, interprets=interpret)


@router.get("/{run_id}/explanation")
async def explain_sample(
    studio: StudioDep,
    request: Request,
    run_id: IdPath,
    row: Annotated[int, Query(ge=0, le=MAX_OFFSET)],
    split: NameQuery = "validation",
) -> Answer:
    """A predicted sample with what in it explains the prediction."""
    return await studio.answers.explain(run_id, split, row, request.is_disconnected)


@router.get("/{run_id}/answer/media", response_class=FileResponse)
def get_answer_media(studio: StudioDep, run_id: IdPath, path: FileQuery, size: MediaSize = "full") -> Response:
    """What was asked about, its small picture, or of a volume a sheet of slices."""
    return user_file(studio.home, studio.answers.media(run_id, path, size))
