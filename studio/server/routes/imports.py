"""Looking at data before it becomes a dataset."""

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from studio.server.downloads import user_file
from studio.server.lanes import in_lane
from studio.server.routes.texts import FileQuery, IdPath
from studio.server.schemas.datasets import Dataset
from studio.server.schemas.imports import Import, ImportCheck, ImportCreate, ImportFinish, ImportRoots
from studio.server.schemas.session import Done
from studio.server.services.shown_files import MediaSize
from studio.server.studio import StudioDep

router = APIRouter(prefix="/api", tags=["imports"])


@router.get("/import-roots")
def list_import_roots(studio: StudioDep) -> ImportRoots:
    """Folders of the server that may be imported from."""
    return ImportRoots(roots=[str(root) for root in studio.imports.roots])


@router.post("/imports", status_code=201)
def create_import(studio: StudioDep, body: ImportCreate) -> Import:
    """Look at an upload or a path."""
    return studio.imports.create(upload_id=body.upload_id, path=body.path, is_checked=body.is_checked)


@router.post("/imports/prepare")
def prepare_import(studio: StudioDep) -> Done:
    """Have a process ready for the data that somebody is about to choose."""
    studio.imports.prepare()
    return Done()


@router.get("/imports/{import_id}")
def get_import(studio: StudioDep, import_id: IdPath) -> Import:
    """What was found so far."""
    return studio.imports.get(import_id)


@router.post("/imports/{import_id}/check")
def check_import(studio: StudioDep, import_id: IdPath, body: ImportCheck) -> Import:
    """Look again, with other choices."""
    return studio.imports.check(import_id, body.choices)


@router.post("/imports/{import_id}/finish", status_code=201)
def finish_import(studio: StudioDep, import_id: IdPath, body: ImportFinish) -> Dataset:
    """Make the dataset; a worker inspects every file."""
    return studio.imports.finish(import_id, body.name, body.choices)


@router.delete("/imports/{import_id}")
@in_lane("deletions")
def delete_import(studio: StudioDep, import_id: IdPath) -> Done:
    """Forget the data."""
    studio.imports.delete(import_id)
    return Done()


@router.get("/imports/{import_id}/media", response_class=FileResponse)
def get_import_media(studio: StudioDep, import_id: IdPath, path: FileQuery, size: MediaSize = "full") -> Response:
    """A file of the preview, its small picture, or of a volume a sheet of slices."""
    return user_file(studio.home, studio.imports.media(import_id, path, size))
