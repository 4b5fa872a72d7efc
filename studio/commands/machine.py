"""doctor, problem-types, schema, example: what there is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.commands.connection import connect, part
from studio.commands.options import HomeOption, InputError, JsonOption, WorkFailedError, home_path
from studio.commands.output import answer_json, answer_table, tell, tell_findings
from studio.datasets.formatting import gigabytes
from studio.errors import in_quotes

if TYPE_CHECKING:
    from studio.problems.contract import ProblemType


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("doctor")(doctor)
    app.command("problem-types")(problem_types)
    app.command("schema")(schema)
    app.command("example")(example)


def doctor(home: HomeOption = None, json: JsonOption = False) -> int:
    """What this machine has and lacks."""
    with connect(home_path(home)) as connection:
        found = connection.get("/api/doctor")
        machine = connection.get("/api/machine")
    if json:
        answer_json(found)
    else:
        gpus = ", ".join(gpu["name"] for gpu in machine["gpus"]) or "none"
        tell(
            f"{machine['cores']} cores, {gigabytes(machine['memory_bytes'])} memory, "
            f"{gigabytes(machine['disk_free_bytes'])} free on disk, GPUs: {gpus}."
        )
    tell_findings(found["findings"])
    return 0 if found["ok"] else 1


def problem_types(home: HomeOption = None, json: JsonOption = False) -> None:
    """The kinds of problem that can be trained."""
    with connect(home_path(home)) as connection:
        found = connection.get("/api/problem-types")
    if not json:
        answer_table(("id", "title", "category"), [(one["id"], one["title"], one["category_title"]) for one in found])
        return
    answer_json(
        [
            {
                "id": one["id"],
                "title": one["title"],
                "category": one["category"],
                "model_types": [model["id"] for model in one["model_types"] if model["id"] is not None],
                "metrics": [metric["name"] for metric in one["metrics"]],
            }
            for one in found
        ]
    )


def schema(
    problem_type: str,
    model_type: Annotated[str | None, typer.Option(help="The model type, where there are several.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Every setting of a problem type."""
    with connect(home_path(home)) as connection:
        found = connection.get(f"/api/schema/{part(problem_type)}", model_type=model_type)
    if json:
        answer_json(found)
        return
    answer_table(
        ("key", "label", "default", "level"),
        [(one["key"], one["label"], one["default"], one["level"]) for one in found["settings"]],
    )


def example(
    problem_type: str,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write; it must be empty or new.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write the example dataset of a problem type."""
    kind = _problem_type(problem_type)
    if output.exists() and any(output.iterdir()):
        raise InputError(f"The folder {in_quotes(str(output))} is not empty.", hint="Name a new folder.")
    try:
        output.mkdir(parents=True, exist_ok=True)
        kind.make_example(output)
    except OSError as error:
        raise WorkFailedError(f"The example could not be written: {error}.") from error
    files = sorted(str(path.relative_to(output)) for path in output.rglob("*") if path.is_file())
    if json:
        answer_json({"output": str(output), "files": len(files)})
    tell(f"Wrote {len(files)} files to {output}.")


def _problem_type(name: str) -> "ProblemType":
    """A registered problem type; an unknown name is bad input."""
    from studio.errors import NotFoundError
    from studio.problems.registry import problem_type

    try:
        return problem_type(name)
    except NotFoundError as error:
        raise InputError(error.message, hint=error.hint) from error
