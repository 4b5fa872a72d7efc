"""run, and experiment: list, show, stop, resume, delete, log."""

import time
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.commands.configs import read_file
from studio.commands.connection import ApiError, Connection, connect, part
from studio.commands.options import HomeOption, JsonOption, SetOption, home_path, parse_changes
from studio.commands.output import answer_json, answer_table, people, tell, tell_findings
from studio.escape_control import escape_controls

app = typer.Typer(no_args_is_help=True, help="Experiments")
ENDED = frozenset({"finished", "failed", "stopped", "lost"})
NOT_STARTABLE = "not_startable"
"""The code of a refusal whose findings are the answer."""
POLL_SECONDS = 0.3
START_SECONDS = 20.0
STOP_SECONDS = 40.0


def run(
    file: Path,
    changes: SetOption = None,
    name: Annotated[str | None, typer.Option(help="What to call the experiment.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress and end with the experiment.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> int:
    """Plan and start an experiment."""
    text, given = read_file(file), parse_changes(changes)
    with connect(home_path(home)) as connection:
        body = {"yaml": text, "changes": given, "name": name or None}
        try:
            started = connection.post("/api/experiments/from-yaml", body, Idempotency_Key=uuid.uuid4().hex)
        except ApiError as error:
            if error.code != NOT_STARTABLE:
                raise
            tell_findings(error.body["findings"])
            if json:
                answer_json({"findings": error.body["findings"]})
            return 2
        tell_findings(started["findings"])
        experiment = started["experiment"]
        count = len(experiment["runs"])
        tell(f"Started {experiment['name']} ({experiment['id']}) with {count} run{'' if count == 1 else 's'}.")
        if wait:
            experiment = _wait_or_stop(connection, experiment)
        elif not connection.is_lasting:
            experiment = _await_launch(connection, experiment)
    if json:
        answer_json(show_view(experiment))
    return _outcome(experiment) if wait else 0


@app.command("list")
def list_experiments(
    q: Annotated[str, typer.Option("--search", help="A part of the name.")] = "",
    state: Annotated[str, typer.Option(help="Only in this state.")] = "",
    archived: Annotated[bool, typer.Option("--archived", help="The archived ones.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Every experiment, the newest first."""
    items: list[dict[str, Any]] = []
    with connect(home_path(home)) as connection:
        while True:
            page = connection.get(
                "/api/experiments", q=q, state=state, archived=archived, offset=len(items), limit=1000
            )
            items.extend(page["items"])
            if not page["items"] or len(items) >= page["total"]:
                break
    if json:
        answer_json([{**one, "dataset": (one["dataset"] or {}).get("name")} for one in items])
        return
    answer_table(
        ("name", "state", "problem type", "dataset", "best", "id"),
        [
            (
                one["name"],
                one["state"],
                one["problem_type"],
                (one["dataset"] or {}).get("name"),
                "" if not one["metric"] or one["metric"]["best"] is None else f"{one['metric']['best']:.4g}",
                one["id"],
            )
            for one in items
        ],
    )


@app.command("show")
def show_experiment(id: str, home: HomeOption = None, json: JsonOption = False) -> None:
    """One experiment with its runs."""
    with connect(home_path(home)) as connection:
        experiment = connection.get(f"/api/experiments/{part(id)}")
    _answer(experiment, json)


@app.command("stop")
def stop_experiment(id: str, home: HomeOption = None, json: JsonOption = False) -> None:
    """Stop after the present step and keep a checkpoint."""
    with connect(home_path(home)) as connection:
        before = connection.get(f"/api/experiments/{part(id)}")
        experiment = connection.post(f"/api/experiments/{part(id)}/stop", is_repeatable=True)
        experiment = _await_end(connection, experiment, STOP_SECONDS)
    if before["state"] in ENDED:
        tell(f"{before['name']} had ended before ({before['state']}); there was nothing to stop.")
    _answer(experiment, json)


@app.command("resume")
def resume_experiment(
    id: str,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress and end with the experiment.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> int:
    """Go on from the last checkpoint."""
    with connect(home_path(home)) as connection:
        experiment = connection.post(f"/api/experiments/{part(id)}/resume")
        if wait:
            experiment = _wait_or_stop(connection, experiment)
        elif not connection.is_lasting:
            experiment = _await_launch(connection, experiment)
    _answer(experiment, json)
    return _outcome(experiment) if wait else 0


@app.command("delete")
def delete_experiment(id: str, home: HomeOption = None, json: JsonOption = False) -> None:
    """Delete an experiment with its files."""
    with connect(home_path(home)) as connection:
        experiment = connection.get(f"/api/experiments/{part(id)}")
        connection.delete(f"/api/experiments/{experiment['id']}")
    if json:
        answer_json({"id": experiment["id"], "deleted": True})
    tell(f"Deleted {experiment['name']}.")


@app.command("log")
def log_experiment(id: str, home: HomeOption = None, json: JsonOption = False) -> None:
    """The log of every run."""
    logs: dict[str, list[dict[str, Any]]] = {}
    with connect(home_path(home)) as connection:
        for one in connection.get(f"/api/experiments/{part(id)}")["runs"]:
            lines = logs.setdefault(one["id"], [])
            while page := connection.get(
                f"/api/runs/{one['id']}/log", after=lines[-1]["n"] if lines else 0, limit=5000
            )["lines"]:
                lines.extend(page)
    if json:
        answer_json({"runs": [{"id": run_id, "lines": lines} for run_id, lines in logs.items()]})
        return
    for run_id, lines in logs.items():
        tell(f"Run {run_id}")
        for line in lines:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(line["time"]))
            typer.echo(f"{stamp} {line['level']:7} {escape_controls(line['text'])}")


def show_view(experiment: dict[str, Any]) -> dict[str, Any]:
    """An experiment as `show` answers it: the API's, with the dataset by its name."""
    return {**experiment, "dataset": (experiment["dataset"] or {}).get("name")}


def _answer(experiment: dict[str, Any], json: bool) -> None:
    if json:
        answer_json(show_view(experiment))
        return
    tell(f"{experiment['name']} ({experiment['id']}): {experiment['state']}")
    answer_table(
        ("run", "state", "fold", "seed", "epoch", "best", "error"),
        [
            (
                one["id"],
                one["state"],
                one["fold"],
                one["seed"],
                f"{one['epoch']:g}",
                one["best"]["metric"],
                (one["error"] or {}).get("message"),
            )
            for one in experiment["runs"]
        ],
    )


def _await_launch(connection: Connection, experiment: dict[str, Any]) -> dict[str, Any]:
    """A server that ends with a command launches nothing more, so the command stays until the workers have started."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and any(
        one["state"] == "starting" or (one["state"] == "queued" and not one["queued_reason"])
        for one in experiment["runs"]
    ):
        time.sleep(POLL_SECONDS)
        experiment = connection.get(f"/api/experiments/{experiment['id']}")
    return experiment


def _wait_or_stop(connection: Connection, experiment: dict[str, Any]) -> dict[str, Any]:
    """Wait for the end; an interruption asks the runs to stop, then leaves."""
    try:
        return _await_end(connection, experiment, None)
    except KeyboardInterrupt:
        tell("Stopping after the present step. Press Ctrl-C again to exit immediately; the run still stops.")
        experiment = connection.post(f"/api/experiments/{experiment['id']}/stop", is_repeatable=True)
        _await_end(connection, experiment, STOP_SECONDS)
        raise


def _await_end(connection: Connection, experiment: dict[str, Any], seconds: float | None) -> dict[str, Any]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    deadline = None if seconds is None else time.monotonic() + seconds
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=people(), transient=True) as progress:
        task = progress.add_task(escape_controls(experiment["name"]), total=1.0)
        while experiment["state"] not in ENDED and (deadline is None or time.monotonic() < deadline):
            progress.update(task, completed=experiment["progress"], description=_words(experiment))
            time.sleep(POLL_SECONDS)
            experiment = connection.get(f"/api/experiments/{experiment['id']}")
    return experiment


def _words(experiment: dict[str, Any]) -> str:
    active = next((one for one in experiment["runs"] if one["state"] not in ENDED), None)
    if active is None:
        return escape_controls(experiment["name"])
    what = active["queued_reason"] or (active["phase"] or {}).get("name") or active["state"]
    return escape_controls(f"{experiment['name']}: {what}, epoch {active['epoch']:.1f} of {active['epochs']}")


def _outcome(experiment: dict[str, Any]) -> int:
    """0 if every run finished; else 1, with the cause."""
    for one in experiment["runs"]:
        if one["state"] in ("failed", "lost"):
            error = one["error"] or {}
            tell(f"Run {one['id']} {one['state']}: {error.get('message', '')}", error.get("hint", ""))
    if experiment["state"] == "finished":
        metric = experiment["metric"]
        if metric and metric["best"] is not None:
            tell(f"Finished. Best {metric['label']} on validation: {metric['best']:.4g}.")
        return 0
    return 1
