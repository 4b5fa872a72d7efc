"""Files on their way in."""

from typing import Annotated

from pydantic import Field, StringConstraints

from studio.server.schemas.payload import Payload

MAX_UPLOAD_BYTES = 20 << 30


class UploadCreate(Payload):
    """The file to come: its name without a path, and its size."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^/\\\x00-\x1f\x7f]+$")]
    size: int = Field(ge=0, le=MAX_UPLOAD_BYTES, strict=True)


class Upload(Payload):
    """How much of a file is here."""

    id: str
    name: str
    size: int
    offset: int
