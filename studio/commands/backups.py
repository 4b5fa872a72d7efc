"""backup and restore: a home in one file, and a new home from it."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from studio.commands.options import HomeOption, InputError, JsonOption, home_path, require_folder_of
from studio.errors import in_quotes


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The zip to write. Default: by date, here.", show_default=False),
    ] = None,
    with_datasets: Annotated[
        bool, typer.Option("--datasets/--without-datasets", help="Whether the data goes in.")
    ] = True,
    database_only: Annotated[bool, typer.Option("--database-only", help="No data, models or checkpoints.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Back up the home, also while a server runs and trains."""
    from studio.commands.output import answer_json, tell
    from studio.files import sha256_file
    from studio.server.version import studio_version
    from studio.store.backup import BackupContents, back_up
    from studio.store.home import Home

    os.umask(0o077)
    target = (output or Path(f"deepstudio-{time.strftime('%Y%m%d-%H%M%S')}.zip")).absolute()
    require_folder_of(target)
    contents = BackupContents(has_runs=not database_only, has_datasets=with_datasets and not database_only)
    manifest = back_up(Home(home_path(home)), target, contents, studio_version())
    size = target.stat().st_size
    if json:
        answer_json(
            {"output": str(target), "size_bytes": size, "sha256": sha256_file(target), "files": len(manifest.files)}
        )
    tell(
        f"Wrote {len(manifest.files)} files, {size / 1e6:,.1f} MB, to {target}.", "It contains no tokens or passwords."
    )


def restore(
    file: Path,
    home: Annotated[
        Path, typer.Option("--home", help="The new home: an empty folder, or one that does not exist yet.")
    ],
    json: JsonOption = False,
) -> None:
    """Make a home from a backup."""
    from studio.commands.output import answer_json, tell
    from studio.store.backup import restore as unpack

    os.umask(0o077)
    if not file.is_file():
        raise InputError(f"There is no file {in_quotes(str(file))}.", hint="Name a backup that `studio backup` wrote.")
    manifest = unpack(file, home.absolute())
    if json:
        answer_json({"home": str(home.absolute()), "created": manifest.created, "files": len(manifest.files)})
    tell(
        f"Restored {len(manifest.files)} files to {home.absolute()}.",
        "Runs that were training are shown as lost after the first start; resume them. Enter tokens again.",
    )
