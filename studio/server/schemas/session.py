"""Who is there."""

from studio.server.schemas.payload import Payload


class Health(Payload):
    """The server answers."""

    ok: bool = True


class Me(Payload):
    """The server a session talks to."""

    version: str
    home_name: str
    started: float


class LaunchCode(Payload):
    """Opens one session at /launch?code=..."""

    code: str


class Done(Payload):
    """It is done; there is nothing more to say."""

    ok: bool = True
