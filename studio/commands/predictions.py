"""predict and export: what a finished experiment is good for."""

import tempfile
import time
import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.commands.connection import ApiError, Connection, connect, part
from studio.commands.options import HomeOption, InputError, JsonOption, WorkFailedError, home_path
from studio.commands.output import answer_json, tell, working
from studio.files import iter_files

ENDED = frozenset({"finished", "failed", "stopped", "lost"})
POLL_SECONDS = 0.3


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("predict")(predict)
    app.command("export")(export)


def predict(
    id: str,
    table: Annotated[Path, typer.Option(help="CSV or parquet with the rows to predict.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="CSV or parquet, by its ending.")],
    media: Annotated[Path | None, typer.Option(help="The folder of the files that the table names.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Predictions of a finished experiment on new data."""
    ending = output.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise InputError(f"{output} ends neither with .csv nor .parquet.", hint="The ending decides the format.")
    if not table.is_file() or (media is not None and not media.is_dir()):
        raise InputError("The table or the media folder is not there.", hint="Check --table and --media.")
    with connect(home_path(home)) as connection, tempfile.TemporaryDirectory(prefix="studio-") as folder:
        archive = Path(folder) / f"{table.stem}.zip"
        _pack(table, media, archive)
        upload = connection.upload(archive, archive.name)
        prediction = connection.post(
            "/api/predictions", {"experiment": _experiment(connection, id), "upload_id": upload}
        )
        prediction = _await(connection, prediction)
        files = connection.get(f"/api/predictions/{prediction['id']}/files")
        name = next(
            (
                one["name"]
                for one in files
                if one["name"].endswith(ending) and "_raw" not in one["name"] and "_samples" not in one["name"]
            ),
            None,
        )
        if name is None:
            raise WorkFailedError("The prediction left no table.", hint="Look at the prediction's page.")
        connection.download(f"/api/predictions/{prediction['id']}/files/{name}", output)
    if json:
        answer_json({"rows": prediction["rows"], "output": str(output), "metrics": prediction["metrics"]})
    tell(f"Wrote {prediction['rows']} rows to {output}.")


def export(
    id: str,
    output: Annotated[Path, typer.Option("-o", "--output", help="The zip file to write.")],
    kind: Annotated[str, typer.Option(help="python: runs without the studio.")] = "python",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """The scoring pipeline of a finished experiment."""
    if kind != "python":
        raise InputError(f"There is no scoring pipeline of kind {kind!r}.", hint="Use python.")
    with connect(home_path(home)) as connection:
        run_id = _best_run(connection, id)
        with working("Building the scoring pipeline"):
            built = connection.post(f"/api/runs/{run_id}/pipeline", is_repeatable=True)
        sha256 = connection.download(f"/api/runs/{run_id}/files/{built['name']}", output)
    if sha256 != built["sha256"]:
        raise WorkFailedError("The download does not match the pipeline.", hint="Try again.")
    if json:
        answer_json({"output": str(output), "size_bytes": output.stat().st_size, "sha256": sha256})
    tell(f"Wrote {output}.")


def _pack(table: Path, media: Path | None, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        target.write(table, table.name)
        if media is not None:
            for file in iter_files(media):
                target.write(file, f"media/{file.relative_to(media)}")


def _experiment(connection: Connection, id: str) -> str:
    """An experiment's id, from its id or name or the id of one of its runs."""
    try:
        return str(connection.get(f"/api/experiments/{part(id)}")["id"])
    except ApiError as error:
        if error.status != 404 or not id.startswith("run-"):
            raise
        return str(connection.get(f"/api/runs/{part(id)}")["experiment_id"])


def _best_run(connection: Connection, id: str) -> str:
    experiment = connection.get(f"/api/experiments/{_experiment(connection, id)}")
    runs = [one for one in experiment["runs"] if one["has_bundle"]]
    named = [one for one in runs if one["id"] == id]
    if not runs:
        raise WorkFailedError(
            f"The experiment {experiment['name']!r} has no finished model.", hint="Wait until a run has finished."
        )
    is_falling = (experiment["metric"] or {}).get("direction") == "minimize"
    worst = float("inf") if is_falling else float("-inf")
    ordered = sorted(runs, key=lambda one: _value(one, worst), reverse=not is_falling)
    return str((named or ordered)[0]["id"])


def _value(run: dict[str, Any], worst: float) -> float:
    value = run["best"]["metric"]
    return worst if value is None else float(value)


def _await(connection: Connection, prediction: dict[str, Any]) -> dict[str, Any]:
    with working("Predicting") as status:
        while prediction["state"] not in ENDED:
            time.sleep(POLL_SECONDS)
            prediction = connection.get(f"/api/predictions/{prediction['id']}")
            status.update(f"Predicting, {prediction['progress']:.0%}")
    if prediction["state"] != "finished":
        error = prediction["error"] or {}
        raise WorkFailedError(
            error.get("message", f"The prediction {prediction['state']}."), hint=error.get("hint", "")
        )
    return prediction
