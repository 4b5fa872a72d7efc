"""Launch, health, who am I, logout."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from studio.server.accounts import account_of
from studio.server.auth import ForbiddenError
from studio.server.cookies import cookies_named
from studio.server.launching import refused_page
from studio.server.routes.texts import NameQuery
from studio.server.schemas.session import Done, Health, LaunchCode, Me
from studio.server.studio import Studio, StudioDep
from studio.server.version import studio_version

router = APIRouter(tags=["session"])


@router.get("/launch", include_in_schema=False)
def launch(studio: StudioDep, request: Request, code: NameQuery = "") -> Response:
    """Exchange the single-use launch code for a cookie; the address is left at once."""
    account = account_of(request.scope.get("client"), request.scope.get("server"))
    try:
        token = studio.sessions.exchange(code, account, _own_cookies(studio, request))
    except ForbiddenError:
        known = any(studio.sessions.is_session(cookie, account) for cookie in _own_cookies(studio, request))
        page = refused_page(is_signed_in=known)
        return HTMLResponse(page, status_code=403, headers={"Cache-Control": "no-store"})
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(studio.sessions.cookie_name, token, httponly=True, samesite="strict", path="/")
    return response


@router.get("/api/health")
async def health() -> Health:
    """Whether the server answers; needs no credential."""
    return Health()


@router.get("/api/me")
def me(studio: StudioDep) -> Me:
    """The server behind this session."""
    return Me(
        version=studio_version(),
        home_name=studio.home.path.name,
        started=studio.started,
        notices=studio.notices.now(),
    )


@router.post("/api/launch-codes")
def create_launch_code(studio: StudioDep) -> LaunchCode:
    """A new single-use code, for whoever has the token or a session already."""
    return LaunchCode(code=studio.sessions.new_launch_code())


@router.post("/api/logout")
def logout(studio: StudioDep, request: Request, response: Response) -> Done:
    """End this browser's session on the server."""
    for cookie in _own_cookies(studio, request):
        studio.sessions.end(cookie)
    response.delete_cookie(studio.sessions.cookie_name, path="/")
    return Done()


def _own_cookies(studio: Studio, request: Request) -> list[str]:
    return list(cookies_named(studio.sessions.cookie_name, request.headers.getlist("cookie")))
