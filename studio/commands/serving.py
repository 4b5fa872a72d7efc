"""serve and link: the server, and a new launch address of a running one."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from studio.commands.options import HomeOption, InputError, JsonOption, home_path
from studio.errors import in_quotes
from studio.runs.hang_timeout import HANG_SECONDS, VARIABLE


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("serve")(serve)
    app.command("link")(link)


def serve(
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="Loopback only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = False,
    import_root: Annotated[
        list[Path] | None,
        typer.Option(help="A folder whose data may be imported by path; may be repeated.", show_default=False),
    ] = None,
    reserve_mb: Annotated[
        int, typer.Option(min=0, envvar="STUDIO_RESERVE_MB", help="Disk space that uploads and runs keep free.")
    ] = 1024,
    cpu_runs: Annotated[
        int, typer.Option(min=1, max=64, envvar="STUDIO_CPU_RUNS", help="Number of parallel trainings on the CPU.")
    ] = 1,
    hang_seconds: Annotated[
        float,
        typer.Option(min=1, envvar=VARIABLE, help="How long a worker may send no event before it is ended."),
    ] = HANG_SECONDS,
) -> None:
    """Run the server."""
    from studio.server.config import ServerConfig
    from studio.server.serve import serve as run_server

    missing = [root for root in import_root or [] if not root.is_dir()]
    if missing:
        raise InputError(f"There is no folder {in_quotes(str(missing[0]))}.", hint="Name a folder that exists.")
    config = ServerConfig(
        home=home_path(home),
        host=host,
        port=port,
        import_roots=tuple(root.absolute() for root in import_root or []),
        executor="fake" if os.environ.get("STUDIO_FAKE_WORKERS") == "1" else "local",
        is_warm=os.environ.get("STUDIO_WARM_LAUNCHER", "1") != "0",
        reserve_bytes=reserve_mb << 20,
        cpu_runs=cpu_runs,
        hang_seconds=hang_seconds,
    )
    run_server(config, opens_browser=open_browser)
    # Everything is written and given back; taking the interpreter down politely costs a second.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def link(home: HomeOption = None, json: JsonOption = False) -> None:
    """A new launch address of the running server."""
    from studio.commands.connection import connect
    from studio.commands.output import answer_json
    from studio.server.home_lock import read_server_record
    from studio.server.launching import launch_address
    from studio.store.home import Home

    path = home_path(home)
    record = read_server_record(Home(path))
    if record is None or record.port is None:
        raise InputError("No server is running on this home.", hint="Start one with `studio serve`.")
    with connect(path) as connection:
        code = connection.post("/api/launch-codes")["code"]
    url = launch_address(record.origin, code)
    if json:
        answer_json({"url": url})
    else:
        typer.echo(url)
