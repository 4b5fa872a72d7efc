"""Datasets and their samples."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response

from studio.datasets.profile import DatasetProfile
from studio.server.downloads import user_file
from studio.server.lanes import in_lane
from studio.server.routes.sample_query import MAX_OFFSET
from studio.server.routes.texts import FileQuery, IdPath, OptionalName, OptionalSearch
from studio.server.schemas.datasets import Dataset, DatasetPatch, Example, SamplePage, UsedBy
from studio.server.schemas.session import Done
from studio.server.services.shown_files import MediaSize
from studio.server.studio import StudioDep
from studio.settings.finding import Finding

router = APIRouter(prefix="/api", tags=["datasets"])


@router.get("/datasets")
def list_datasets(studio: StudioDep) -> list[Dataset]:
    """Every dataset, the newest first."""
    return studio.datasets.all()


@router.get("/datasets/{dataset_id}")
def get_dataset(studio: StudioDep, dataset_id: IdPath) -> Dataset:
    """A dataset by id or name."""
    return studio.datasets.get(dataset_id)


@router.patch("/datasets/{dataset_id}")
def patch_dataset(studio: StudioDep, dataset_id: IdPath, body: DatasetPatch) -> Dataset:
    """Rename a dataset."""
    return studio.datasets.rename(dataset_id, body.name)


@router.delete("/datasets/{dataset_id}")
@in_lane("deletions")
def delete_dataset(studio: StudioDep, dataset_id: IdPath) -> Done:
    """Delete a dataset that no experiment uses."""
    studio.datasets.delete(dataset_id)
    return Done()


@router.get("/datasets/{dataset_id}/findings")
@in_lane("tables")
def list_dataset_findings(studio: StudioDep, dataset_id: IdPath) -> list[Finding]:
    """What the inspection found."""
    return studio.datasets.findings(dataset_id)


@router.get("/datasets/{dataset_id}/profile")
@in_lane("tables")
def get_dataset_profile(studio: StudioDep, dataset_id: IdPath) -> DatasetProfile:
    """Facts about the data."""
    return studio.datasets.profile(dataset_id)


@router.get("/datasets/{dataset_id}/samples")
@in_lane("tables")
def list_dataset_samples(
    studio: StudioDep,
    dataset_id: IdPath,
    table: OptionalName = None,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 24,
    label: OptionalSearch = None,
    q: OptionalSearch = None,
) -> SamplePage:
    """Some samples of a table."""
    return studio.datasets.samples(dataset_id, table, offset, limit, label, q)


@router.get("/datasets/{dataset_id}/media", response_class=FileResponse)
def get_dataset_media(studio: StudioDep, dataset_id: IdPath, path: FileQuery, size: MediaSize = "full") -> Response:
    """A media file, its thumbnail, or of a volume a sheet of slices: a row of square tiles for each axis."""
    file = studio.datasets.media(dataset_id, path, size)
    return user_file(studio.home, file, is_immutable=True)


@router.get("/datasets/{dataset_id}/used-by")
def list_dataset_users(studio: StudioDep, dataset_id: IdPath) -> list[UsedBy]:
    """Experiments that use a dataset."""
    return studio.datasets.used_by(dataset_id)


@router.get("/examples")
def list_examples(studio: StudioDep) -> list[Example]:
    """Example datasets, made or not."""
    return studio.examples.all()


@router.post("/examples/{problem_type}", status_code=201)
def create_example(studio: StudioDep, problem_type: IdPath) -> Dataset:
    """Make an example dataset, once."""
    return studio.examples.make(problem_type)
