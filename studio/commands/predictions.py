"""predict and export: what a finished experiment is good for."""

import os
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.commands.connection import ApiError, Connection, connect, part
from studio.commands.options import HomeOption, InputError, JsonOption, WorkFailedError, home_path, require_folder_of
from studio.commands.output import answer_json, tell, tell_findings, working
from studio.errors import in_quotes
from studio.files import is_same_file, iter_files

ENDED = frozenset({"finished", "failed", "stopped", "lost"})
POLL_SECONDS = 0.3
RunOption = Annotated[
    int | None, typer.Option(min=1, help="The number of the run whose model is used. Default: the best run.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("predict")(predict)
    app.command("export")(export)


def predict(
    id: str,
    table: Annotated[Path, typer.Option(help="CSV or parquet with the rows to predict.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="CSV or parquet, by its ending.")],
    media: Annotated[Path | None, typer.Option(help="The folder of the files that the table names.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=NAME",
            help="The column of a role, such as text=comment, where training had another name; repeatable.",
        ),
    ] = None,
    run: RunOption = None,
    strict: Annotated[
        bool, typer.Option(help="Refuse a table with rows that cannot be predicted; else they get no prediction.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Predictions of a finished experiment on new data."""
    ending = output.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise InputError(f"{output} ends neither with .csv nor .parquet.", hint="The ending decides the format.")
    require_folder_of(output)
    if not table.is_file() or (media is not None and not media.is_dir()):
        raise InputError("The table or the media folder does not exist.", hint="Check --table and --media.")
    if is_same_file(output, table):
        raise InputError(
            f"{output} is the table to predict, which would be overwritten.", hint="Give the predictions another name."
        )
    with connect(home_path(home)) as connection, tempfile.TemporaryDirectory(prefix="studio-") as folder:
        model = _model(connection, id, run)
        columns = _columns(connection, model, column or [])
        source = _source(connection, table.absolute(), media, Path(folder))
        order = {"run_id": model["id"], "refuse_bad_rows": strict, "columns": columns, **source}
        prediction = connection.post("/api/predictions", order)
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
            raise WorkFailedError("The prediction wrote no table.", hint="Look at the prediction's page.")
        connection.download(f"/api/predictions/{prediction['id']}/files/{name}", output)
    if json:
        answer = {"rows": prediction["rows"], "output": str(output), "metrics": prediction["metrics"]}
        answer_json({**answer, "run": model["number"], "findings": prediction["findings"]})
    tell_findings(prediction["findings"])
    tell(f"Wrote {prediction['rows']} rows to {output}, predicted by run {model['number']}.")


def export(
    id: str,
    output: Annotated[Path, typer.Option("-o", "--output", help="The zip file to write.")],
    kind: Annotated[str, typer.Option(help="python: runs without the studio.")] = "python",
    run: RunOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """The scoring pipeline of a finished experiment."""
    if kind != "python":
        raise InputError(f"There is no scoring pipeline of kind {in_quotes(kind)}.", hint="Use python.")
    require_folder_of(output)
    with connect(home_path(home)) as connection:
        model = _model(connection, id, run)
        with working("Building the scoring pipeline"):
            built = connection.post(f"/api/runs/{model['id']}/pipeline", is_repeatable=True)
        sha256 = connection.download(f"/api/runs/{model['id']}/files/{built['name']}", output)
    if sha256 != built["sha256"]:
        raise WorkFailedError("The download does not match the pipeline.", hint="Try again.")
    if json:
        answer = {"output": str(output), "size_bytes": output.stat().st_size, "sha256": sha256}
        answer_json({**answer, "run": model["number"]})
    tell(f"Wrote {output}, the scoring pipeline of run {model['number']}.")


def _columns(connection: Connection, model: dict[str, Any], texts: list[str]) -> dict[str, list[str]]:
    """`role=name` texts by role, whose ending `_column(s)` may be left out."""
    if not texts:
        return {}
    experiment = connection.get(f"/api/experiments/{part(model['experiment_id'])}")
    kinds = {one["id"]: one for one in connection.get("/api/problem-types")}
    known = {
        role["name"].removesuffix("s").removesuffix("_column"): role["name"]
        for role in kinds[experiment["problem_type"]]["roles"]
    }
    columns: dict[str, list[str]] = {}
    for text in texts:
        given, _, name = text.partition("=")
        role = known.get(given.removesuffix("s").removesuffix("_column"))
        if not name or role is None:
            raise InputError(f"{text} is not role=name.", hint=f"Roles: {', '.join(known)}.")
        columns.setdefault(role, []).append(name)
    return columns


def _source(connection: Connection, table: Path, media: Path | None, folder: Path) -> dict[str, str]:
    """What is to be predicted: a path where the server may read one, else an upload."""
    if not connection.is_lasting:
        place = table.resolve() if media is None else _linked(table, media, folder / "linked")
        if place is not None:
            connection.allow(place)
            return {"path": str(place)}
    archive = folder / f"{table.stem}.zip"
    _pack(table, media, archive)
    return {"upload_id": connection.upload(archive, archive.name)}


def _linked(table: Path, media: Path, folder: Path) -> Path | None:
    """A folder with the table and its media as further names of the same files; None where the disk gives none."""
    try:
        folder.mkdir()
        os.link(table.resolve(), folder / table.name)
        for file in iter_files(media):
            place = folder / "media" / file.relative_to(media)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, place)
    except OSError:
        return None
    return folder.resolve()


def _pack(table: Path, media: Path | None, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        target.write(table, table.name)
        if media is not None:
            for file in iter_files(media):
                target.write(file, f"media/{file.relative_to(media)}")


def _model(connection: Connection, id: str, number: int | None) -> dict[str, Any]:
    """The run whose model is meant: of an experiment the best or the numbered one, or the one whose id is given."""
    try:
        found: dict[str, Any] = connection.get(f"/api/experiments/{part(id)}/model", run=number)
        return found
    except ApiError as error:
        if error.status != 404 or not id.startswith("run-"):
            raise
    named: dict[str, Any] = connection.get(f"/api/runs/{part(id)}")
    if number not in (None, named["number"]):
        raise InputError(f"{id} is run {named['number']}, not run {number}.", hint="Leave --run out.")
    return _model(connection, named["experiment_id"], named["number"])


def _await(connection: Connection, prediction: dict[str, Any]) -> dict[str, Any]:
    with working("Predicting") as status:
        while prediction["state"] not in ENDED:
            time.sleep(POLL_SECONDS)
            prediction = connection.get(f"/api/predictions/{prediction['id']}")
            status.update(f"Predicting, {prediction['progress']:.0%}")
    if prediction["state"] != "finished":
        error = prediction["error"] or {}
        if error.get("findings"):
            raise ApiError(422, {"findings": error.pop("findings"), "error": error})
        raise WorkFailedError(
            error.get("message", f"The prediction {prediction['state']}."), hint=error.get("hint", "")
        )
    return prediction
