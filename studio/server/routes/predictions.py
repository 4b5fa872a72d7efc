"""Predictions on new data."""

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from studio.datasets.media.reader import Origin
from studio.server.downloads import file_attachment, user_file
from studio.server.lanes import in_lane
from studio.server.routes.sample_query import SampleQueryDep
from studio.server.routes.texts import FilePath, FileQuery, IdPath
from studio.server.schemas.predictions import Prediction, PredictionCreate
from studio.server.schemas.runs import RunFile, RunSamplePage
from studio.server.schemas.session import Done
from studio.server.services.shown_files import MediaSize
from studio.server.studio import StudioDep

router = APIRouter(prefix="/api/predictions", tags=["predictions"])


@router.get("")
def list_predictions(studio: StudioDep) -> list[Prediction]:
    """Every prediction, the newest first."""
    return studio.predictions.all()


@router.post("", status_code=201)
@in_lane("predictions")
def create_prediction(studio: StudioDep, body: PredictionCreate) -> Prediction:
    """Predict a table of a dataset, or an upload."""
    return studio.predictions.create(body)


@router.get("/{prediction_id}")
def get_prediction(studio: StudioDep, prediction_id: IdPath) -> Prediction:
    """A prediction."""
    return studio.predictions.get(prediction_id)


@router.delete("/{prediction_id}")
@in_lane("deletions")
def delete_prediction(studio: StudioDep, prediction_id: IdPath) -> Done:
    """Delete a prediction with its files."""
    studio.predictions.delete(prediction_id)
    return Done()


@router.get("/{prediction_id}/samples")
@in_lane("tables")
def list_prediction_samples(studio: StudioDep, prediction_id: IdPath, query: SampleQueryDep) -> RunSamplePage:
    """Some predicted samples."""
    return studio.predictions.samples(prediction_id, query)


@router.get("/{prediction_id}/media", response_class=FileResponse)
def get_prediction_media(
    studio: StudioDep, prediction_id: IdPath, path: FileQuery, size: MediaSize = "full", origin: Origin = "dataset"
) -> Response:
    """What was predicted, its small picture, of a volume a sheet of slices, or what the prediction drew (`run`)."""
    file = studio.predictions.media(prediction_id, path, size, origin)
    return user_file(studio.home, file, is_immutable=True)


@router.get("/{prediction_id}/files")
def list_prediction_files(studio: StudioDep, prediction_id: IdPath) -> list[RunFile]:
    """What can be downloaded."""
    return studio.predictions.files(prediction_id)


@router.get("/{prediction_id}/files/{name:path}", response_class=FileResponse)
def get_prediction_file(studio: StudioDep, prediction_id: IdPath, name: FilePath) -> Response:
    """One of the files."""
    path, download_name = studio.predictions.file(prediction_id, name)
    return file_attachment(studio.home, path, download_name)
