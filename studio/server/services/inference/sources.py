"""What is predicted: a table of a dataset, or of an upload or a path, which is looked at as an import is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.datasets.dataset import Dataset
from studio.datasets.importers.converting import converted_folder
from studio.datasets.tables.kept_tables import kept_beside
from studio.errors import NotFoundError, StudioError
from studio.files import private_folder
from studio.problems.registry import problem_type
from studio.runs.folder import RunFolder
from studio.server.schemas.columns import ColumnTexts
from studio.server.schemas.imports import Choices, Import
from studio.server.schemas.predictions import PredictionCreate
from studio.server.services.importing.imports import Imports
from studio.server.services.inference.offered_columns import offered_roles, require_columns, texts
from studio.settings.finding import FindingsError, blocking
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store

LOOK_SECONDS = 120.0


@dataclass(frozen=True)
class Source:
    """What is to be predicted."""

    table: str
    """The file."""
    media: str
    """The folder that its file names are in."""
    table_name: str
    """As its owner calls it."""
    dataset_id: str | None = None
    dataset_name: str | None = None
    columns: Mapping[str, ColumnTexts] = field(default_factory=dict)
    """Role -> column, where it is not that of training."""


class PredictionSources:
    """Tables to predict."""

    def __init__(self, home: Home, store: Store, imports: Imports) -> None:
        self._home = home
        self._store = store
        self._imports = imports

    def find(self, body: PredictionCreate, folder: RunFolder, model: RunRow) -> Source:
        """The table that is asked for; files that were sent are moved to the prediction's folder.

        Raises:
            ColumnsError: if it lacks columns that the model needs.
        """
        if body.upload_id is not None or body.path is not None:
            return self._looked_at(body, folder, model)
        if body.dataset_id is None:
            hint = "Send dataset_id, upload_id or path."
            raise StudioError("Name a dataset, an upload or a path.", hint=hint, code="source")
        row = self._store.datasets.get(body.dataset_id)
        dataset = Dataset.open(self._home.dataset(row.id))
        test = dataset.manifest.table_of_role("test")
        name = body.table or (test.name if test else dataset.manifest.tables[0].name)
        info = dataset.table_info(name)
        if info is None:
            raise NotFoundError.among("table", name, [one.name for one in dataset.manifest.tables])
        kinds = {column.name: column.kind for column in info.columns}
        roles = {
            role: [value] if isinstance(value, str) else list(value) for role, value in dataset.manifest.roles.items()
        }
        _require(model, body.columns, name, kinds, roles)
        base = f"../../datasets/{row.id}"
        media = (
            f"{base}/media" if dataset.manifest.media_folder == "." else f"{base}/media/{dataset.manifest.media_folder}"
        )
        return Source(f"{base}/{info.file}", media, name, row.id, row.name, body.columns)

    def _looked_at(self, body: PredictionCreate, folder: RunFolder, model: RunRow) -> Source:
        """Look at an upload or a path in the usual child process, and move what was unpacked to the prediction."""
        draft = self._draft(body, model.spec.problem_type)
        if _is_files_alone(draft):
            self._move_files(draft, folder)
            return Source("", "input/files", draft.source)
        choices = draft.choices
        table = choices.test or choices.unlabeled or choices.train or next((one.name for one in draft.tables), None)
        if table is None:
            raise StudioError(
                "The upload holds no table.",
                hint="Send a CSV or parquet file, alone or in a zip with its media.",
                code="upload",
            )
        unpacked = self._home.import_folder(draft.id)
        converted = converted_folder(unpacked, choices.format or "")
        name = table if converted is None else draft.source
        columns = {**_converted_roles(model, choices), **body.columns} if converted is not None else body.columns
        found = next((one.columns for one in draft.tables if one.name == table), None)
        if found is not None:
            _require(model, columns, name, {column.name: column.kind for column in found}, choices.roles)
        self._move_files(draft, folder)
        media = "input/files" if choices.media_folder in (None, "", ".") else f"input/files/{choices.media_folder}"
        place = f"input/{'files' if converted is None else 'tables'}/{table}"
        return Source(place, media, name, columns=columns)

    def _move_files(self, draft: Import, folder: RunFolder) -> None:
        unpacked = self._home.import_folder(draft.id)
        target = private_folder(folder.path / "input")
        converted = converted_folder(unpacked, draft.choices.format or "")
        if converted is not None:
            os.rename(converted, target / "tables")
        kept = kept_beside(unpacked / "files")
        if kept.is_dir():
            os.rename(kept, kept_beside(target / "files"))
        os.rename(unpacked / "files", target / "files")
        self._imports.delete(draft.id)

    def _draft(self, body: PredictionCreate, problem_type_id: str) -> Import:
        """The look at what was sent: that of an earlier order, which lacked columns, is not done again."""
        earlier = self._imports.of_upload(body.upload_id) if body.upload_id is not None else None
        draft = earlier or self._imports.create(upload_id=body.upload_id, path=body.path)
        draft = self._imports.wait(draft.id, LOOK_SECONDS)
        if draft.state == "ready" and draft.choices.problem_type not in (None, "", problem_type_id):
            # Without labels nothing tells the types apart; what the model needs is asked for.
            draft = self._imports.check(draft.id, Choices(problem_type=problem_type_id))
            draft = self._imports.wait(draft.id, LOOK_SECONDS)
        if draft.state != "ready" and not (_is_files_alone(draft) and _needs_file_alone(problem_type_id)):
            if blocking(draft.findings):
                raise FindingsError(draft.findings)
            message = draft.error.message if draft.error else "The upload could not be read in time."
            raise StudioError(message, hint=draft.error.hint if draft.error else "Try again.", code="upload")
        return draft


def _is_files_alone(draft: Import) -> bool:
    """Whether what was sent has been read, and has no table."""
    return draft.state == "failed" and draft.error is not None and draft.error.code == "no_table"


def _needs_file_alone(problem_type_id: str) -> bool:
    """Whether a file is all that a model of this type needs of a row."""
    kind = problem_type(problem_type_id)
    needed = [role.name for role in kind.roles if role.in_test and role.is_required]
    return kind.media_role is not None and needed == [kind.media_role]


def _require(
    model: RunRow,
    columns: Mapping[str, ColumnTexts],
    table: str,
    kinds: Mapping[str, str],
    inferred: Mapping[str, ColumnTexts | None],
) -> None:
    trained = model.spec.settings.get("dataset", {})
    require_columns(problem_type(model.spec.problem_type), trained, columns, table, kinds, inferred)


def _converted_roles(model: RunRow, choices: Choices) -> dict[str, ColumnTexts]:
    """What the conversion knows about the columns that it made itself: nobody else has seen their names."""
    roles = {role.name for role in offered_roles(problem_type(model.spec.problem_type))}
    trained = model.spec.settings.get("dataset", {})
    return {
        name: value
        for name, value in choices.roles.items()
        if name in roles and value and texts(value) != texts(trained.get(name))
    }
