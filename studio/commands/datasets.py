"""dataset: import, list, show, check, delete."""

import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.commands.connection import ApiError, Connection, connect, part
from studio.commands.options import HomeOption, InputError, JsonOption, home_path
from studio.commands.output import answer_json, answer_table, has_errors, shown, tell, tell_findings, working
from studio.errors import in_quotes
from studio.files import iter_files

app = typer.Typer(no_args_is_help=True, help="Datasets")
POLL_SECONDS = 0.2


@app.command("import")
def import_dataset(
    path: Path,
    name: Annotated[str, typer.Option(help="What to call the dataset.")],
    problem_type: Annotated[str | None, typer.Option(help="Detected if omitted.")] = None,
    format: Annotated[
        str | None, typer.Option(help="The data format, such as coco or image_folder; detected if omitted.")
    ] = None,
    train: Annotated[
        str | None, typer.Option(help="The train table, inside PATH or elsewhere; None to predict only.")
    ] = None,
    validation: Annotated[str | None, typer.Option(help="The validation table.")] = None,
    test: Annotated[str | None, typer.Option(help="The test table.")] = None,
    unlabeled: Annotated[str | None, typer.Option(help="The table without labels.")] = None,
    media: Annotated[str | None, typer.Option(help="The folder of media files, inside PATH or elsewhere.")] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=ROLE", help="What a column is, such as image=image_column; repeatable."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> int:
    """Import a file, zip or folder, and inspect it to the end."""
    if not path.exists():
        raise InputError(f"There is nothing at {in_quotes(str(path))}.", hint="Check the path.")
    given = {"problem_type": problem_type, "format": format, "media_folder": media}
    tables = {"train": train, "validation": validation, "test": test, "unlabeled": unlabeled}
    with connect(home_path(home)) as connection, tempfile.TemporaryDirectory(prefix="studio-") as folder:
        _refuse_taken(connection, name)
        source, tables, given["media_folder"] = gathered(path.absolute(), tables, media, Path(folder))
        told: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        draft = _await_scan(connection, _begin(connection, source), may_fail=bool(told))
        if told:
            draft = _look_again(connection, draft, told)
        chosen: dict[str, Any] = {key: _table(draft, value) for key, value in tables.items() if value is not None}
        if role:
            chosen["roles"] = _roles(connection, draft["choices"].get("problem_type"), role)
        if chosen:
            draft = _look_again(connection, draft, told | chosen)
        if has_errors(draft["findings"]):
            tell_findings(draft["findings"])
        body = {"name": name, "choices": draft["choices"]}
        dataset = connection.post(f"/api/imports/{draft['id']}/finish", body)
        dataset = _await_dataset(connection, dataset)
        code = _report(connection, dataset, json)
        if dataset["state"] == "failed":
            connection.delete(f"/api/datasets/{dataset['id']}")
        return code


@app.command("list")
def list_datasets(home: HomeOption = None, json: JsonOption = False) -> None:
    """Every dataset."""
    with connect(home_path(home)) as connection:
        found = connection.get("/api/datasets")
    if json:
        answer_json([_view(one) for one in found])
        return
    answer_table(
        ("name", "problem type", "state", "rows", "id"),
        [(one["name"], one["problem_type"], one["state"], sum(_rows(one).values()), one["id"]) for one in found],
    )


@app.command("show")
def show_dataset(name: str, home: HomeOption = None, json: JsonOption = False) -> None:
    """One dataset."""
    with connect(home_path(home)) as connection:
        dataset = connection.get(f"/api/datasets/{part(name)}")
        findings = connection.get(f"/api/datasets/{part(name)}/findings")
    if json:
        answer_json(_view(dataset) | {"findings": findings})
        return
    answer_table(("", ""), [(key, plain_value(value)) for key, value in _view(dataset).items()])
    tell_findings(findings)


@app.command("check")
def check_dataset(name: str, home: HomeOption = None, json: JsonOption = False) -> int:
    """What the inspection found."""
    with connect(home_path(home)) as connection:
        findings = connection.get(f"/api/datasets/{part(name)}/findings")
    if json:
        answer_json({"findings": findings})
    tell_findings(findings)
    return 2 if has_errors(findings) else 0


@app.command("delete")
def delete_dataset(name: str, home: HomeOption = None, json: JsonOption = False) -> None:
    """Delete a dataset that no experiment uses."""
    with connect(home_path(home)) as connection:
        dataset = connection.get(f"/api/datasets/{part(name)}")
        connection.delete(f"/api/datasets/{dataset['id']}")
    if json:
        answer_json({"id": dataset["id"], "deleted": True})
    tell(f"Deleted {dataset['name']}.")


def gathered(
    path: Path, tables: Mapping[str, str | None], media: str | None, folder: Path
) -> tuple[Path, dict[str, str | None], str | None]:
    """PATH with the tables and media that lie elsewhere, as one zip in `folder`; PATH itself where nothing does.

    Gives what to import, and the tables and the media folder as they are named in there.
    """
    beside = {
        role: Path(value).absolute()
        for role, value in {**tables, "media": media}.items()
        if value is not None and not _is_inside(path, value) and Path(value).exists()
    }
    if not beside:
        return path, dict(tables), media
    archive = folder / f"{path.stem}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for file in iter_files(path) if path.is_dir() else [path]:
            target.write(file, str(file.relative_to(path)) if path.is_dir() else file.name)
        for place in dict.fromkeys(beside.values()):
            for file in iter_files(place) if place.is_dir() else [place]:
                if file != path:
                    target.write(file, str(file.relative_to(place.parent)))
    named = {role: beside[role].name if role in beside else value for role, value in tables.items()}
    if path.is_file() and named.get("train") is None and path.name not in named.values():
        named["train"] = path.name
    return archive, named, beside["media"].name if "media" in beside else media


def _is_inside(path: Path, value: str) -> bool:
    """Whether a given name is one inside PATH; what is inside a zip is not looked at."""
    return (path / value).exists() if path.is_dir() else path.suffix.lower() == ".zip"


def _refuse_taken(connection: Connection, name: str) -> None:
    if any(one["name"] == name and one["state"] != "failed" for one in connection.get("/api/datasets")):
        raise InputError(
            f"There is already a dataset named {in_quotes(name)}.", hint="Choose another name, or delete that one."
        )


def _begin(connection: Connection, path: Path) -> dict[str, Any]:
    """By path where the server may read it, else as an upload."""
    connection.allow(path)
    roots = [Path(root) for root in connection.get("/api/import-roots")["roots"]]
    resolved = path.resolve()
    if any(resolved.is_relative_to(root) for root in roots):
        draft: dict[str, Any] = connection.post("/api/imports", {"path": str(resolved)})
        return draft
    if path.is_file():
        upload = connection.upload(path, path.name)
    else:
        with tempfile.TemporaryDirectory(prefix="studio-") as folder:
            archive = Path(folder) / f"{path.name}.zip"
            zip_folder(path, archive)
            upload = connection.upload(archive, archive.name)
    draft = connection.post("/api/imports", {"upload_id": upload})
    return draft


def zip_folder(folder: Path, archive: Path) -> None:
    """Every file of a folder, stored as it is: media are packed already."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for file in iter_files(folder):
            target.write(file, str(file.relative_to(folder)))


def _look_again(connection: Connection, draft: dict[str, Any], choices: dict[str, Any]) -> dict[str, Any]:
    return _await_scan(connection, connection.post(f"/api/imports/{draft['id']}/check", {"choices": choices}))


def _await_scan(connection: Connection, draft: dict[str, Any], *, may_fail: bool = False) -> dict[str, Any]:
    """The look when it is over; one that failed is looked at again where more was told than the first look knew."""
    with working("Reading the data"):
        while draft["state"] == "scanning":
            time.sleep(POLL_SECONDS)
            draft = connection.get(f"/api/imports/{draft['id']}")
    if draft["state"] == "failed" and not may_fail:
        error = draft["error"] or {"code": "scan", "message": "The data could not be read.", "hint": ""}
        raise ApiError(422, {"findings": draft["findings"], "error": error})
    return draft


def _await_dataset(connection: Connection, dataset: dict[str, Any]) -> dict[str, Any]:
    with working("Inspecting every file") as status:
        while dataset["state"] == "inspecting":
            time.sleep(POLL_SECONDS)
            dataset = connection.get(f"/api/datasets/{dataset['id']}")
            status.update(shown(f"Inspecting every file, {dataset['progress']:.0%} {dataset['detail']}"))
    return dataset


def _report(connection: Connection, dataset: dict[str, Any], json: bool) -> int:
    findings = connection.get(f"/api/datasets/{dataset['id']}/findings")
    tell_findings(findings)
    if dataset["state"] == "failed":
        error = {**(dataset["error"] or {})}
        error.pop("findings", None)
        if json:
            answer_json(_view(dataset) | {"findings": findings, "error": error})
        if not has_errors(findings):
            tell(error.get("message", "The import failed."), error.get("hint", ""))
        tell(f"No dataset was made; correct this and import {dataset['name']} again.")
        return 2 if has_errors(findings) or error.get("code") == "findings" else 1
    if json:
        answer_json(_view(dataset) | {"findings": findings})
    rows = ", ".join(f"{count} {role}" for role, count in _rows(dataset).items())
    tell(f"Imported {dataset['name']}: {dataset['problem_type']}, {rows} rows.")
    return 0


def _view(dataset: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": dataset["id"],
        "name": dataset["name"],
        "state": dataset["state"],
        "problem_type": dataset["problem_type"],
        "rows": _rows(dataset),
        "roles": dataset["roles"],
        "tables": [table["name"] for table in dataset["tables"]],
        "used_by": dataset["used_by"],
    }


def plain_value(value: Any) -> str:
    """A value of a dataset for people: names with what they hold, and lists, separated by commas."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {plain_value(one)}" for key, one in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def _rows(dataset: dict[str, Any]) -> dict[str, int]:
    return {table["role"] or table["name"]: table["rows"] for table in dataset["tables"]}


def _table(draft: dict[str, Any], text: str) -> str | None:
    """The table that a person names by its path or only by its file name; None for the word None."""
    names = [table["name"] for table in draft["tables"]]
    plain = text.removeprefix("./")
    found = [name for name in names if name == plain] or [name for name in names if Path(name).name == Path(plain).name]
    if not found and plain.lower() == "none":
        return None
    if len(found) != 1:
        raise InputError(
            f"There is no table {in_quotes(text)} in this data.", hint=f"Tables: {', '.join(names) or 'none'}."
        )
    return str(found[0])


def _roles(connection: Connection, problem_type: str | None, texts: list[str]) -> dict[str, Any]:
    """`column=role` texts as roles; a role's ending `_column(s)` may be left out."""
    kinds = {one["id"]: one for one in connection.get("/api/problem-types")}
    if problem_type not in kinds:
        raise InputError("The problem type is not known.", hint=f"Add --problem-type, one of {', '.join(kinds)}.")
    known = {one["name"]: one for one in kinds[problem_type]["roles"]}
    roles: dict[str, Any] = {}
    for text in texts:
        column, _, given = text.rpartition("=")
        name = next((name for name in known if given in (name, name.removesuffix("s").removesuffix("_column"))), None)
        if not column or name is None:
            raise InputError(f"{in_quotes(text)} is not column=role.", hint=f"Roles: {', '.join(known)}.")
        if known[name]["is_many"]:
            roles.setdefault(name, []).append(column)
        else:
            roles[name] = column
    return roles
