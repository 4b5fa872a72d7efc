"""The tree of commands, and how every ending becomes an exit code: 0 done, 1 failed, 2 bad input, 130 interrupted."""

import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from studio.errors import StudioError, in_quotes

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def build() -> typer.Typer:
    """The commands; their modules are imported here, what they need only when they are called."""
    from studio.commands import backups, configs, datasets, experiments, machine, predictions, serving

    app = typer.Typer(
        name="studio", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Deepstudio"
    )
    app.callback()(_whole_program)
    for module in (serving, machine, backups):
        module.add_to(app)
    app.add_typer(datasets.app, name="dataset")
    app.add_typer(configs.app, name="config")
    app.command("run")(experiments.run)
    app.add_typer(experiments.app, name="experiment")
    predictions.add_to(app)
    return app


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from studio.server.version import studio_version

        sys.stdout.write(f"Deepstudio {studio_version()}\n")
        raise typer.Exit(DONE)


def _whole_program(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options before any command."""


def run(arguments: Sequence[str]) -> int:
    """Run a command; gives its exit code."""
    wants_json = "--json" in arguments
    try:
        _require_utf8(arguments)
        code = build()(list(arguments), standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the answer has read enough, as in `studio experiment list | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except typer.Exit as leave:
        return leave.exit_code
    except StudioError as error:
        return _told(error, wants_json)
    except (OSError, sqlite3.Error) as error:
        failure = _file_error(error)
        _tell(failure, {"error": _detail(failure)}, wants_json)
        return FAILED
    except Exception as error:
        code = _usage_code(error)
        if code is None:
            raise
        return code
    return code if isinstance(code, int) else DONE


def _told(error: StudioError, wants_json: bool) -> int:
    """Tell an error of ours; gives the exit code."""
    from studio.commands.connection import ApiError
    from studio.commands.options import InputError
    from studio.settings.finding import FindingsError

    if isinstance(error, ApiError):
        _tell(error, error.body, wants_json)
        return BAD_INPUT if error.is_bad_input else FAILED
    if isinstance(error, FindingsError):
        findings = [finding.model_dump(mode="json") for finding in error.findings]
        _tell(error, {"findings": findings, "error": _detail(error)}, wants_json)
        return BAD_INPUT
    _tell(error, {"error": _detail(error)}, wants_json)
    return BAD_INPUT if isinstance(error, InputError) else FAILED


def _require_utf8(arguments: Sequence[str]) -> None:
    """Names of files go into JSON, SQLite and addresses, which are all UTF-8."""
    from studio.commands.options import InputError

    for text in (*arguments, os.environ.get("STUDIO_HOME", "")):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{text!a} is not UTF-8.", hint="Rename the file or folder.") from error


def _file_error(error: OSError | sqlite3.Error) -> StudioError:
    """A file or folder that somebody named: too long, not searchable, damaged, on a disk that is full or broken."""
    if isinstance(error, sqlite3.Error):
        return StudioError(f"The database of the home cannot be used: {error}.", code="database")
    place = f": {in_quotes(str(error.filename))}" if error.filename else ""
    return StudioError(f"{error.strerror or type(error).__name__}{place}.", code="file")


def _usage_code(error: Exception) -> int | None:
    """The exit code of a usage error; None for any other. Typer brings its own copy of click."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if show is None:
        return INTERRUPTED if type(error).__name__ == "Abort" else None
    show(file=sys.stderr)
    return code if isinstance(code, int) else BAD_INPUT


def _detail(error: StudioError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _tell(error: StudioError, body: dict[str, object], wants_json: bool) -> None:
    from studio.commands.output import answer_json, has_errors, tell, tell_findings

    findings = body.get("findings")
    known = findings if isinstance(findings, list) else []
    tell_findings(known)
    if not has_errors(known):
        tell(error.message, error.hint)
    if wants_json:
        with suppress(OSError):  # the error may be that nothing can be written there
            answer_json(body)
