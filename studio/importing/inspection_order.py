"""Importing: the order that turns a scanned upload into a dataset, and the worker's side of carrying it out."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.datasets.dataset import Dataset
from studio.datasets.importers.converting import converted_findings, converted_folder
from studio.datasets.inspection import Report
from studio.files import read_json
from studio.importing.build import ImportOrder, make_dataset
from studio.importing.scan_result import Choices, Scan
from studio.problems.registry import problem_type
from studio.runs.folder import RunFolder
from studio.runs.spec import InspectOrder, RunSpec, WorkerKind
from studio.settings.finding import Finding, FindingsError, blocking, cause_first


def choice_findings(choices: Choices) -> tuple[Finding, ...]:
    """What is missing in the choices before an inspection can start."""
    if not choices.problem_type:
        return (
            Finding(
                code="no_problem_type",
                path="problem_type",
                message="No problem type was detected for this table.",
                found="no problem type",
                expected="a problem type",
                fix="Choose the problem type and its columns.",
            ),
        )
    kind = problem_type(choices.problem_type)
    findings = []
    if not choices.tables():
        findings.append(
            Finding(
                code="no_table",
                path="train",
                message="No table is chosen.",
                found="no table",
                expected="a train or a test table",
                fix="Choose a train or a test table.",
            )
        )
    for role in kind.roles:
        if role.is_required and (choices.train or role.in_test) and not choices.roles.get(role.name):
            findings.append(
                Finding(
                    code="no_column",
                    path=f"roles.{role.name}",
                    message=f"No column is chosen as {role.title.lower()}.",
                    found="no column",
                    expected=role.hint or role.title,
                    fix="Choose a column.",
                )
            )
    return tuple(findings)


def scanned_findings(import_folder: Path, choices: Choices) -> tuple[Finding, ...]:
    """What the scan noticed and does not refuse, but for tables that are not chosen."""
    path = import_folder / "scan.json"
    if not path.is_file():
        return ()
    scan = Scan.model_validate(read_json(path))
    others = {table.name for table in scan.tables} - set(choices.tables().values())
    kept = (one for one in scan.findings if not one.blocks and one.path.partition(": ")[0] not in others)
    return tuple(kept)


def order_inspection(
    import_folder: Path,
    run_folder: Path,
    dataset_folder: Path,
    name: str,
    choices: Choices | Mapping[str, Any],
    *,
    source: str = "",
    example_of: str = "",
) -> RunSpec:
    """Write the order of an inspect worker into a new run folder. The dataset's id is its folder's name.

    Raises:
        FindingsError: if the choices are not complete.
    """
    chosen = choices if isinstance(choices, Choices) else Choices.model_validate(choices)
    findings = choice_findings(chosen)
    if blocking(findings):
        raise FindingsError(cause_first([*scanned_findings(import_folder, chosen), *findings]))
    RunFolder.create(run_folder)
    tables = converted_folder(import_folder, chosen.format) or import_folder / "files"
    spec = RunSpec(
        kind=WorkerKind.INSPECT,
        run_id=run_folder.name,
        problem_type=chosen.problem_type,
        inspect=InspectOrder(
            files=os.path.relpath(import_folder / "files", run_folder),
            tables=os.path.relpath(tables, run_folder),
            target=os.path.relpath(dataset_folder, run_folder),
            name=name,
            choices=chosen.model_dump(mode="json"),
            source=source,
            example_of=example_of,
        ),
    )
    spec.write(run_folder)
    return spec


def run_inspection(spec: RunSpec, run_folder: Path, report: Report) -> Dataset:
    """Carry out the order of an inspect worker.

    Raises:
        FindingsError: if the data cannot be used, with every finding.
        StudioError: if the files cannot be read.
    """
    order = spec.inspect
    if order is None:
        raise ValueError(f"{spec.run_id} has no order to inspect a dataset")
    files = (run_folder / order.files).resolve()
    target = (run_folder / order.target).resolve()
    choices = Choices.model_validate(order.choices)
    prepared = import_order(files.parent, choices, target, (run_folder / order.tables).resolve())
    return make_dataset(replace(prepared, name=order.name, source=order.source, example_of=order.example_of), report)


def import_order(import_folder: Path, choices: Choices, target: Path, tables_folder: Path | None = None) -> ImportOrder:
    """What an inspection with these choices would do, for a dataset of the target's name."""
    kind = problem_type(choices.problem_type)
    files = import_folder / "files"
    tables = tables_folder or converted_folder(import_folder, choices.format) or files
    is_converted = tables != files
    return ImportOrder(
        files=files,
        tables_folder=tables,
        format=next((one for one in kind.dataset_formats if one.id == choices.format), None) if is_converted else None,
        noticed=_joined(scanned_findings(import_folder, choices), converted_findings(tables) if is_converted else ()),
        target=target,
        dataset_id=target.name,
        name=target.name,
        problem_type=kind,
        tables=choices.tables(),
        media_folder=choices.media_folder,
        roles={role.name: choices.roles[role.name] for role in kind.roles if choices.roles.get(role.name)},
    )


def _joined(first: Sequence[Finding], second: Sequence[Finding]) -> tuple[Finding, ...]:
    return (*first, *(one for one in second if one not in first))
