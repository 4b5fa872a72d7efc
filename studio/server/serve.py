"""serve: run one server until it is told to stop."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler

import uvicorn

from studio.scheduling.hub import Hub
from studio.server.app import build_studio, create_app, take_home
from studio.server.config import ConfigError, ServerConfig
from studio.server.connections import BoundedHttp
from studio.server.home_lock import HomeLock, origin
from studio.server.launching import launch_address, open_in_browser
from studio.server.limits import connection_limit, raise_file_limit
from studio.server.log_lines import LineFormatter
from studio.store.home import Home

LOG_BYTES = 20 << 20
UNREAD_MILLISECONDS = 40_000
"""So long a client may read nothing of what was sent; then the kernel closes its connection."""


def serve(config: ServerConfig, *, opens_browser: bool) -> None:
    """Serve a home until SIGINT or SIGTERM; trainings go on.

    Raises:
        HomeInUseError: naming the server that has the home.
        ConfigError: if the port is taken.
    """
    os.umask(0o077)
    raise_file_limit()
    lock = take_home(config)
    try:
        listener = _listen(config)
        config = _with_port(config, listener.getsockname()[1])
        with log_to_file(Home(config.home)):
            _serve(config, lock, listener, opens_browser=opens_browser)
    except KeyboardInterrupt:
        pass
    finally:
        lock.release()


def _serve(config: ServerConfig, lock: HomeLock, listener: socket.socket, *, opens_browser: bool) -> None:
    studio = build_studio(config, lock.token)
    lock.publish(host=config.host, port=config.port)
    url = launch_address(origin(config.host, config.page_port or config.port), studio.sessions.new_launch_code())
    sys.stdout.write(f"Deepstudio is ready. Open this address once, in one browser:\n\n    {url}\n\n")
    sys.stdout.write(f"Home: {config.home}. Stop with Ctrl-C; trainings go on.\n")
    sys.stdout.flush()
    for notice in studio.notices.now():
        sys.stderr.write(f"Warning: {notice.message} {notice.fix}\n")
    # uvicorn raises the signal again at its end; by default that would end us with the home not given back.
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        # The terminal was closed; under nohup the server stays.
        signal.signal(signal.SIGHUP, lambda _number, _frame: os.kill(os.getpid(), signal.SIGTERM))
    if opens_browser:
        open_in_browser(studio.home, url)
    StudioServer(uvicorn_config(create_app(studio)), studio.hub).run(sockets=[listener])


class StudioServer(uvicorn.Server):
    """A server that ends its streams first; waited for, they would take all the time that requests have to end."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, then requests, then the studio."""
        self._hub.close()
        await super().shutdown(sockets)


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
    handler = RotatingFileHandler(home.log, maxBytes=LOG_BYTES, backupCount=4)
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
