"""Raw, resumable uploads."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from studio.server.routes.texts import IdPath
from studio.server.schemas.session import Done
from studio.server.schemas.uploads import MAX_UPLOAD_BYTES, Upload, UploadCreate
from studio.server.studio import StudioDep

router = APIRouter(prefix="/api/uploads", tags=["uploads"])


@router.post("", status_code=201)
def create_upload(studio: StudioDep, body: UploadCreate) -> Upload:
    """Announce a file."""
    return studio.uploads.create(body.name, body.size)


@router.get("/{upload_id}")
def get_upload(studio: StudioDep, upload_id: IdPath) -> Upload:
    """How much of it is here."""
    return studio.uploads.get(upload_id)


@router.put(
    "/{upload_id}",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_upload(
    studio: StudioDep, request: Request, upload_id: IdPath, offset: Annotated[int, Query(ge=0, le=MAX_UPLOAD_BYTES)]
) -> Upload:
    """Append bytes at an offset; 409 with the true offset if it differs."""
    return await studio.uploads.append(upload_id, offset, request.stream())


@router.delete("/{upload_id}")
def delete_upload(studio: StudioDep, upload_id: IdPath) -> Done:
    """Forget a file."""
    studio.uploads.delete(upload_id)
    return Done()
