"""How exceptions become answers: errors of ours as 4xx with a hint, the unexpected as 500 with an id and no detail."""

import errno
import logging
import secrets

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from studio.errors import StudioError
from studio.files import no_space_error
from studio.server.auth import ForbiddenError
from studio.server.lanes import TooManyError
from studio.server.methods import methods_of
from studio.server.raw_body import TooSlowError
from studio.server.refusals import FINDINGS, STATUSES, Statuses, error_body, findings_body, headers_of, refusal
from studio.settings.finding import Finding
from studio.store.database import BusyError, StorageError

logger = logging.getLogger(__name__)

_STATUSES: Statuses = (
    *STATUSES,
    (ForbiddenError, 403),
    (BusyError, 503),
    (StorageError, 503),
    (TooManyError, 429),
    (TooSlowError, 408),
)


def install(app: FastAPI) -> None:
    """Answer every exception of the app."""
    app.add_exception_handler(StudioError, _studio_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(OSError, _os_error)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(Exception, _unexpected)


def _studio_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StudioError)
    status, body = refusal(error, _STATUSES)
    return JSONResponse(body, status, headers_of(status))


def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    findings = [
        Finding(
            code=str(one["type"]),
            path=".".join(str(part) for part in one["loc"] if part not in ("body", "query", "path")),
            message=str(one["msg"]),
            found=str(one.get("input", ""))[:120] or "nothing",
            expected=str(one["msg"]).removeprefix("Input should be ").removeprefix("Value error, "),
            fix="Correct this value.",
        )
        for one in error.errors()
    ]
    return findings_answer(findings, "The request cannot be used.", "request")


def findings_answer(findings: list[Finding], message: str, code: str) -> JSONResponse:
    """A 422 with every finding."""
    return JSONResponse(findings_body(findings, message, code), FINDINGS)


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return not_taken(request.method, request.url.path)
    code = "not_found" if error.status_code == 404 else "http"
    return JSONResponse(error_body(code, str(error.detail)), error.status_code, error.headers)


def not_taken(method: str, path: str) -> JSONResponse:
    """The answer to a request that no route takes: another method is needed, or there is nothing there."""
    allowed = ", ".join(methods_of(path))
    if not allowed:
        return JSONResponse(error_body("not_found", f"There is no {path[:200]}."), 404)
    body = error_body("method", f"{path[:200]} does not take {method}.", f"It takes {allowed}.")
    return JSONResponse(body, 405, {"Allow": allowed})


def _os_error(request: Request, error: Exception) -> JSONResponse:
    """What the disk or the limits of this process refuse, in words."""
    assert isinstance(error, OSError)
    home = request.app.state.studio.home
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            home.ballast.unlink(missing_ok=True)
            return _studio_error(request, no_space_error(home.path))
        case errno.EFBIG:
            message = "The file exceeds the system's file size limit for this server."
            body = error_body("file_size_limit", message, "Raise the limit (ulimit -f) and start the server again.")
            return JSONResponse(body, 507)
        case errno.EROFS | errno.EIO:
            message = "The disk failed or is read-only; this was not saved."
            body = error_body("disk_error", message, "Check the system's log for a failing disk.")
        case errno.EMFILE | errno.ENFILE | errno.EAGAIN | errno.ENOMEM:
            message = f"A system resource is exhausted ({error.strerror})."
            body = error_body("busy", message, "Close other tabs and programs, then try again.")
        case errno.ENOENT if not home.database.exists():
            message = "The folder of this studio, or its database, was deleted or moved; this was not saved."
            body = error_body("home_gone", message, "Put it back or restore a backup, and start the studio again.")
        case _:
            return _unexpected(request, error)
    logger.warning("%s %s: %s", request.method, request.url.path, error)
    return JSONResponse(body, 503, {"Retry-After": "2"})


def _left(_request: Request, _error: Exception) -> JSONResponse:
    """Whoever asked has gone, which is no error of ours; nobody reads this."""
    return JSONResponse(error_body("left", "The sender has gone."), 400, {"Connection": "close"})


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    id = secrets.token_hex(4)
    logger.error("Error %s in %s %s", id, request.method, request.url.path, exc_info=error)
    body = error_body("unexpected", "An unexpected error occurred.", "Details are in the server's log under this ID.")
    body["error"]["id"] = id
    return JSONResponse(body, 500)
