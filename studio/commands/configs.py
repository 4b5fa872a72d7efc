"""config: new, load, check."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.commands.connection import Connection, connect, part
from studio.commands.options import (
    HomeOption,
    InputError,
    JsonOption,
    SetOption,
    home_path,
    parse_changes,
    require_folder_of,
)
from studio.commands.output import answer_json, answer_table, has_errors, tell, tell_findings
from studio.files import write_atomic

app = typer.Typer(no_args_is_help=True, help="Configurations as YAML")
MAX_YAML_BYTES = 256 << 10


@app.command("new")
def new_config(
    problem_type: str,
    dataset: Annotated[
        str | None, typer.Option(help="The dataset's id or name. Without one only defaults are written.")
    ] = None,
    model_type: Annotated[str | None, typer.Option(help="The model type, where there are several.")] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Apply the suggested recipe.")] = False,
    changes: SetOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; else standard output.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """A complete YAML with defaults, and with the columns of a dataset where one is named."""
    given = parse_changes(changes)
    if suggest and dataset is None:
        raise InputError("Nothing can be suggested without a dataset.", hint="Name one with --dataset.")
    if output is not None:
        require_folder_of(output)
    with connect(home_path(home)) as connection:
        document = connection.get(f"/api/schema/{part(problem_type)}", model_type=model_type, dataset=dataset)
        settings = {one["key"]: one["default"] for one in document["settings"] if not one.get("fixed")}
        settings |= document["values"]
        if suggest:
            # What `--set` decides is not suggested, and nothing is said about it.
            taken = [one for one in document["suggested"] if one["key"] not in given]
            settings |= {one["key"]: one["value"] for one in taken}
            for one in taken:
                tell(f"{one['key']} = {one['value']} (instead of {one['default']}): {one['reason']}")
        settings |= given
        body = {"problem_type": problem_type, "model_type": document.get("model_type"), "settings": settings}
        text = connection.post("/api/settings/yaml", body, is_repeatable=True)["yaml"]
    if output is not None:
        write_atomic(output, text.encode())
        tell(f"Wrote {output}.")
    if json:
        answer_json({"output": str(output) if output else None, "yaml": text})
    elif output is None:
        typer.echo(text, nl=False)


@app.command("load")
def load_config(file: Path, home: HomeOption = None, json: JsonOption = False) -> int:
    """Read our YAML or a Hydrogen Torch export."""
    text = read_file(file)
    with connect(home_path(home)) as connection:
        loaded = connection.post("/api/settings/load", {"yaml": text}, is_repeatable=True)
    if json:
        answer_json(loaded)
    else:
        answer_table(("key", "value"), [(key, loaded["settings"].get(key)) for key in loaded["taken"]])
    tell_findings(loaded["findings"])
    return 2 if has_errors(loaded["findings"]) else 0


@app.command("check")
def check_config(file: Path, home: HomeOption = None, json: JsonOption = False) -> int:
    """Findings before a start."""
    text = read_file(file)
    with connect(home_path(home)) as connection:
        findings = _checked(connection, text)
    if json:
        answer_json({"findings": findings})
    tell_findings(findings)
    if not has_errors(findings):
        tell("This configuration can be started.")
    return 2 if has_errors(findings) else 0


def read_file(file: Path) -> str:
    """The text of a YAML file.

    Raises:
        InputError: if it is not there, too large, or not text.
    """
    try:
        with file.open("rb") as source:  # a pipe or a device has no size that could be asked for
            data = source.read(MAX_YAML_BYTES + 1)
        if len(data) > MAX_YAML_BYTES:
            raise InputError(f"{file} is larger than {MAX_YAML_BYTES >> 10} KiB.", hint="This is not a configuration.")
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not text in UTF-8.", hint="Name a YAML file.") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{file} cannot be read: {reason}.", hint="Name a YAML file.") from error


def _checked(connection: Connection, text: str) -> list[dict[str, Any]]:
    """Everything found about a YAML."""
    loaded = connection.post("/api/settings/load", {"yaml": text}, is_repeatable=True)
    findings = list(loaded["findings"])
    body = {name: loaded[name] for name in ("problem_type", "model_type", "settings", "grid")}
    if not has_errors(findings):
        findings.extend(connection.post("/api/settings/check", body, is_repeatable=True)["findings"])
    return findings
