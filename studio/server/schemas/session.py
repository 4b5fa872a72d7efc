"""Who is there."""

from studio.server.schemas.payload import Payload
from studio.settings.finding import Finding


class Health(Payload):
    """The server answers."""

    ok: bool = True


class Me(Payload):
    """The server a session talks to."""

    version: str
    home_name: str
    started: float
    notices: list[Finding]
    """What everyone must know of this home, whichever page is open."""


class LaunchCode(Payload):
    """Opens one session at /launch?code=..."""

    code: str


class Done(Payload):
    """It is done; there is nothing more to say."""

    ok: bool = True
