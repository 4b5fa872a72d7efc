"""Options that every command has."""

from pathlib import Path
from typing import Annotated

import typer

from studio.errors import StudioError, in_quotes

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="The studio's folder. Default: STUDIO_HOME, else a per-user data folder.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with one JSON document on standard output.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="section.key=value, read as YAML; may be repeated.", show_default=False
    ),
]


class InputError(StudioError):
    """What was typed cannot be used."""

    code = "input"


class WorkFailedError(StudioError):
    """The work itself failed."""

    code = "failed"


def home_path(home: Path | None) -> Path:
    """The home a command works on."""
    from studio.server.config import default_home

    return home.absolute() if home is not None else default_home()


def require_folder_of(output: Path) -> None:
    """Look before the work whether its result can be put there.

    Raises:
        InputError: if there is no such folder.
    """
    if not output.absolute().parent.is_dir():
        raise InputError(
            f"There is no folder {in_quotes(str(output.absolute().parent))}.", hint="Name a folder that exists."
        )


def parse_changes(texts: list[str] | None) -> dict[str, object]:
    """`section.key=value` texts as values.

    Raises:
        InputError: naming the text that is none.
    """
    from studio.errors import YamlError
    from studio.settings.yaml_text import read_yaml_value

    changes: dict[str, object] = {}
    for text in texts or []:
        key, equals, value = text.partition("=")
        if not equals or "." not in key:
            raise InputError(
                f"{in_quotes(text)} is not of the form section.key=value.", hint="Such as training.epochs=3."
            )
        try:
            changes[key.strip()] = read_yaml_value(value)[0] if value else ""
        except YamlError as error:
            raise InputError(
                f"The value of {key} is not YAML: {in_quotes(value)}.", hint="Put text in quotes."
            ) from error
    return changes
