"""serve: run one server until it is told to stop."""

import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import uvicorn
from sqlalchemy.exc import OperationalError

from studio.errors import StudioError
from studio.server.app import build_studio, create_app, take_home
from studio.server.config import ConfigError, ServerConfig
from studio.server.connections import BoundedHttp
from studio.server.home_lock import HomeLock, origin
from studio.server.launching import launch_address, open_in_browser
from studio.server.limits import connection_limit, raise_file_limit
from studio.server.log_lines import LineFormatter, LogFile
from studio.server.studio import Studio
from studio.store.home import Home

logger = logging.getLogger(__name__)
LOG_BYTES = 20 << 20
UNREAD_MILLISECONDS = 40_000
"""So long a client may read nothing of what was sent; then the kernel closes its connection."""


def serve(config: ServerConfig, *, opens_browser: bool) -> None:
    """Serve a home until SIGINT or SIGTERM; trainings go on.

    Raises:
        HomeInUseError: naming the server that has the home.
        ConfigError: if the port is taken.
        StartError: saying what else stands in the way.
    """
    os.umask(0o077)
    raise_file_limit()
    with why_not_started(config.home):
        lock = take_home(config)
    try:
        listener = _listen(config)
        config = _with_port(config, listener.getsockname()[1])
        with ExitStack() as log:
            with why_not_started(config.home):
                log.enter_context(log_to_file(Home(config.home)))
            _serve(config, lock, listener, opens_browser=opens_browser)
    except KeyboardInterrupt:
        pass
    finally:
        lock.release()


def _serve(config: ServerConfig, lock: HomeLock, listener: socket.socket, *, opens_browser: bool) -> None:
    with why_not_started(config.home):
        studio = build_studio(config, lock.token)
    # uvicorn raises the signal again at its end; by default that would end us with the home not given back.
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        # The terminal was closed; under nohup the server stays.
        signal.signal(signal.SIGHUP, lambda _number, _frame: os.kill(os.getpid(), signal.SIGTERM))

    def greet() -> None:
        lock.publish(host=config.host, port=config.port)
        _greet(studio, opens_browser=opens_browser)

    StudioServer(uvicorn_config(create_app(studio)), studio, greet).run(sockets=[listener])


def _greet(studio: Studio, *, opens_browser: bool) -> None:
    """Say where the studio is, now that it answers."""
    config = studio.config
    url = launch_address(origin(config.host, config.page_port or config.port), studio.sessions.new_launch_code())
    with suppress(OSError):  # nobody may read what is printed
        sys.stdout.write(f"Deepstudio is ready. Open this address once, in one browser:\n\n    {url}\n\n")
        sys.stdout.write(f"Home: {config.home}. Stop with Ctrl-C; trainings go on.\n")
        sys.stdout.flush()
        for notice in studio.notices.now():
            sys.stderr.write(f"Warning: {notice.message} {notice.fix}\n")
    if opens_browser:
        threading.Thread(target=open_in_browser, args=(studio.home, url), name="browser", daemon=True).start()


class StudioServer(uvicorn.Server):
    """A server that says when it is ready, or why it does not start.

    It ends its streams first; waited for, they would take all the time that requests have to end.
    """

    def __init__(self, config: uvicorn.Config, studio: Studio, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._studio = studio
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the studio, then answer.

        Raises:
            StartError: saying what stands in the way.
        """
        try:
            await super().startup(sockets)
        except SystemExit as leave:
            with why_not_started(self._studio.home.path):
                raise self._studio.start_error or RuntimeError(f"exit code {leave.code}") from None
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, then requests, then the studio."""
        self._studio.hub.close()
        await super().shutdown(sockets)


class StartError(StudioError):
    """The studio of a home does not start."""

    code = "start"


@contextmanager
def why_not_started(home: Path) -> Iterator[None]:
    """What an error at the start means to a person; what only a developer understands stands in the log.

    Raises:
        StartError: in place of any error that is no sentence yet.
    """
    try:
        yield
    except StudioError:
        raise
    except Exception as error:
        if logging.getLogger().handlers:  # else it would be printed
            logger.exception("The studio could not start.")
        hint = f"Look at {Home(home).log}."
        match error:
            case OSError():
                place = f" ({error.filename})" if error.filename else ""
                words = f"{error.strerror or type(error).__name__}{place}"
            case OperationalError() | sqlite3.Error():
                words = f"the database cannot be used ({getattr(error, 'orig', error)})"
                hint = f"End other programs that use {Home(home).database}. {hint}"
            case _:
                words = f"an unexpected {type(error).__name__}"
        raise StartError(f"The studio does not start on {home}: {words}.", hint=hint) from error


def uvicorn_config(app: object, *, graceful_seconds: int = 2) -> uvicorn.Config:
    """What every server here has in common. Requests under way have `graceful_seconds` when it ends."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=connection_limit(),
        timeout_graceful_shutdown=graceful_seconds,
        ws="none",
        lifespan="on",
        http=BoundedHttp,
    )


@contextmanager
def log_to_file(home: Home) -> Iterator[None]:
    """Write the server's log, bounded, into the home."""
    handler = LogFile(home.log, maxBytes=LOG_BYTES, backupCount=4)
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in ("alembic", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def _leave(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _listen(config: ServerConfig) -> socket.socket:
    family = socket.AF_INET6 if config.host == "::1" else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    host = "127.0.0.1" if config.host == "localhost" else config.host
    try:
        listener.bind((host, config.port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"Port {config.port} cannot be used: {error.strerror}.", hint="Choose another one with --port."
        ) from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
    listener.listen(128)
    listener.set_inheritable(False)
    return listener


def _with_port(config: ServerConfig, port: int) -> ServerConfig:
    return ServerConfig(**{**vars(config), "port": port})
