"""Answers that carry files: attachments with safe names, and files of users that must not run anything."""

import mimetypes
from pathlib import Path
from urllib.parse import quote

from fastapi.responses import FileResponse, Response

SANDBOX = "sandbox; default-src 'none'"
_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff"})
_AUDIO = frozenset({"audio/wav", "audio/x-wav", "audio/flac", "audio/ogg", "audio/mpeg"})


def attachment(name: str) -> dict[str, str]:
    """Headers that make a browser save the answer under `name`, in both forms of RFC 6266."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/' else "_" for c in name)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": SANDBOX,
    }


def file_attachment(path: Path, name: str) -> Response:
    """A file to save."""
    return FileResponse(path, media_type="application/octet-stream", headers=attachment(name))


def user_file(path: Path, *, is_immutable: bool = False) -> Response:
    """A picture or sound shown in the page; anything else is an attachment that cannot run."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"Content-Security-Policy": SANDBOX}
    if kind not in _IMAGES | _AUDIO:
        kind = "application/octet-stream"
        headers |= attachment(path.name)
    headers["Cache-Control"] = "private, max-age=31536000, immutable" if is_immutable else "private, no-cache"
    return FileResponse(path, media_type=kind, headers=headers)
