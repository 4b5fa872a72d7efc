"""The page: static files of the build, compressed where the browser takes it, and the shell for every other path."""

import mimetypes
import secrets
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from studio.errors import PathError
from studio.files import resolve_inside
from studio.server.errors import not_taken
from studio.server.refusals import error_body

ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
# A shared worker takes its policy from its own file: without this it could not open the event stream.
_SCRIPT_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
IMMUTABLE = "public, max-age=31536000, immutable"
API_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_MISSING = """<!doctype html><title>Deepstudio</title>
<p>The page is not built. Run <code>make build</code>, or use the REST API and the command line.</p>"""


def install(app: FastAPI, web: Path) -> None:
    """Answer every path that no other route takes."""

    @app.api_route("/api/{rest:path}", methods=API_METHODS, include_in_schema=False)
    def unknown(request: Request, rest: str) -> Response:
        return not_taken(request.method, f"/api/{rest}")

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        file = _find(web, path)
        if file is None and path.startswith("assets/"):
            # A chunk of an earlier build: the page notices the 404 and offers to reload.
            return JSONResponse(error_body("not_found", "This file is of another version."), 404)
        if file is None:
            return shell(web)
        return _file(file, request.headers.get("accept-encoding", ""), is_asset=path.startswith("assets/"))


def shell(web: Path) -> Response:
    """`index.html` with a fresh nonce for the one style tag that needs it."""
    index = web / "index.html"
    nonce = secrets.token_urlsafe(16)
    text = index.read_text() if index.is_file() else _MISSING
    policy = (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
        "manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return HTMLResponse(text.replace("__NONCE__", nonce), headers=headers)


def _find(web: Path, path: str) -> Path | None:
    try:
        file = resolve_inside(web, path)
    except PathError:
        return None
    is_shown = file.is_file() and file.name != "index.html" and file.suffix not in (".br", ".gz")
    return file if is_shown else None


def _file(file: Path, accepted: str, *, is_asset: bool) -> Response:
    headers = {"Cache-Control": IMMUTABLE if is_asset else "no-cache", "Vary": "Accept-Encoding"}
    if file.suffix == ".js":
        headers["Content-Security-Policy"] = _SCRIPT_POLICY
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    offered = {part.split(";")[0].strip() for part in accepted.split(",") if not part.replace(" ", "").endswith(";q=0")}
    for encoding, suffix in ENCODINGS:
        packed = file.with_name(file.name + suffix)
        if encoding in offered and packed.is_file():
            return FileResponse(packed, media_type=kind, headers={**headers, "Content-Encoding": encoding})
    return FileResponse(file, media_type=kind, headers=headers)
