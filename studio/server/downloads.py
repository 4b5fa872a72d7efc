"""Answers that carry files: attachments with safe names, and files of users that must not run anything.

A file is opened once, through no link, and what was opened is what is sent, whatever becomes of its name meanwhile.
"""

import mimetypes
import os
from pathlib import Path
from urllib.parse import quote

from fastapi.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from studio.files import open_beneath
from studio.store.home import Home

SANDBOX = "sandbox; default-src 'none'"
MAX_RANGES = 16
_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff"})
_AUDIO = frozenset({"audio/wav", "audio/x-wav", "audio/flac", "audio/ogg", "audio/mpeg"})


class OpenFileResponse(FileResponse):
    """An answer from an open file, which it closes."""

    max_ranges = MAX_RANGES

    def __init__(self, descriptor: int, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(f"/dev/fd/{descriptor}", media_type=media_type, headers=headers)
        self._descriptor = descriptor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._descriptor)


def attachment(name: str) -> dict[str, str]:
    """Headers that make a browser save the answer under `name`, in both forms of RFC 6266."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/' else "_" for c in name)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": SANDBOX,
    }


def file_attachment(home: Home, path: Path, name: str) -> Response:
    """A file of the home to save.

    Raises:
        PathError: if it is a link, or behind one.
    """
    return OpenFileResponse(open_beneath(home.path, path), "application/octet-stream", attachment(name))


def user_file(home: Home, path: Path, *, is_immutable: bool = False) -> Response:
    """A picture or sound shown in the page; anything else is an attachment that cannot run.

    Raises:
        PathError: if it is a link, or behind one.
    """
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"Content-Security-Policy": SANDBOX}
    if kind not in _IMAGES | _AUDIO:
        kind = "application/octet-stream"
        headers |= attachment(path.name)
    headers["Cache-Control"] = "private, max-age=31536000, immutable" if is_immutable else "private, no-cache"
    return OpenFileResponse(open_beneath(home.path, path), kind, headers)
