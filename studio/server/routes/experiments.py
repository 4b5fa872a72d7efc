"""Experiments: list, start, stop, resume, change, delete."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import PlainTextResponse, Response

from studio.server.downloads import attachment
from studio.server.lanes import in_lane
from studio.server.routes.sample_query import MAX_OFFSET
from studio.server.routes.texts import IdPath, NameQuery, SearchQuery
from studio.server.schemas.experiments import (
    Experiment,
    ExperimentCreate,
    ExperimentList,
    ExperimentPatch,
    ExperimentSettings,
    StartedExperiment,
    YamlStart,
)
from studio.server.schemas.runs import Run
from studio.server.schemas.session import Done
from studio.server.studio import StudioDep
from studio.store.experiments import SORT_COLUMNS, ExperimentQuery

router = APIRouter(prefix="/api/experiments", tags=["experiments"])
SORTS = f"^-?({'|'.join(SORT_COLUMNS)})$"
IdempotencyKey = Annotated[str | None, Header(max_length=200)]


class YamlResponse(PlainTextResponse):
    """A settings file."""

    media_type = "text/yaml"


@router.get("")
def list_experiments(
    studio: StudioDep,
    q: SearchQuery = "",
    state: NameQuery = "",
    problem_type: NameQuery = "",
    dataset: NameQuery = "",
    tag: NameQuery = "",
    archived: bool = False,
    has_model: bool = False,
    sort: Annotated[str, Query(pattern=SORTS)] = "-created",
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> ExperimentList:
    """Some experiments; `sort` names a column of the list, with `-` for falling."""
    query = ExperimentQuery(
        text=q,
        state=state,
        problem_type=problem_type,
        dataset=dataset,
        tag=tag,
        archived=archived,
        has_model=has_model,
        sort=sort,
        offset=offset,
        limit=limit,
    )
    return studio.experiments.page(query)


@router.post("", status_code=201)
@in_lane("starts")
def create_experiment(studio: StudioDep, body: ExperimentCreate, idempotency_key: IdempotencyKey = None) -> Experiment:
    """Plan and start an experiment; the same Idempotency-Key starts it once."""
    return studio.experiments.create(body, idempotency_key)


@router.post("/from-yaml", status_code=201)
@in_lane("starts")
def create_experiment_from_yaml(
    studio: StudioDep, body: YamlStart, idempotency_key: IdempotencyKey = None
) -> StartedExperiment:
    """Read a YAML, apply changes, check and start it in one request; all findings at once if it cannot be started."""
    return studio.yaml_starts.start(body, idempotency_key)


@router.get("/{experiment_id}")
def get_experiment(studio: StudioDep, experiment_id: IdPath) -> Experiment:
    """An experiment by id or name, with its runs."""
    return studio.experiments.get(experiment_id)


@router.patch("/{experiment_id}")
def patch_experiment(studio: StudioDep, experiment_id: IdPath, body: ExperimentPatch) -> Experiment:
    """Change name, notes, tags, or whether it is archived."""
    return studio.experiments.change(experiment_id, body)


@router.delete("/{experiment_id}")
@in_lane("deletions")
def delete_experiment(studio: StudioDep, experiment_id: IdPath) -> Done:
    """Delete an experiment that is not active, with its files."""
    studio.experiments.delete(experiment_id)
    return Done()


@router.post("/{experiment_id}/stop")
def stop_experiment(studio: StudioDep, experiment_id: IdPath) -> Experiment:
    """Ask every unfinished run to stop after its present step."""
    return studio.experiments.stop(experiment_id)


@router.post("/{experiment_id}/resume")
def resume_experiment(studio: StudioDep, experiment_id: IdPath) -> Experiment:
    """Queue every stopped, failed or lost run again, from its latest checkpoint."""
    return studio.experiments.resume(experiment_id)


@router.get("/{experiment_id}/model")
def get_model(
    studio: StudioDep, experiment_id: IdPath, run: Annotated[int | None, Query(ge=1, le=MAX_OFFSET)] = None
) -> Run:
    """The run of this number, from 1, if it has a model; without a number, the best run that has one."""
    return studio.experiments.model(experiment_id, run)


@router.get("/{experiment_id}/yaml", response_class=YamlResponse)
def get_experiment_yaml(studio: StudioDep, experiment_id: IdPath) -> Response:
    """The configuration, as a file."""
    name, text = studio.experiments.yaml(experiment_id)
    return YamlResponse(text, headers=attachment(f"{name}.yaml"))


@router.get("/{experiment_id}/settings")
def get_experiment_settings(studio: StudioDep, experiment_id: IdPath) -> ExperimentSettings:
    """What it was asked to do."""
    return studio.experiments.settings(experiment_id)
