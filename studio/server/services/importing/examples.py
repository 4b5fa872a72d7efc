"""Examples: a small learnable dataset of each problem type, made here, once."""

import logging
import shutil
import threading
import time
from contextlib import suppress

from studio.errors import ConflictError, NotFoundError, StudioError
from studio.files import private_folder
from studio.problems.contract import ProblemType
from studio.problems.registry import problem_type, problem_types
from studio.server.schemas.datasets import Dataset, Example
from studio.server.services.datasets import Datasets
from studio.server.services.importing.imports import Imports, plain_choices
from studio.store.datasets import DatasetRow
from studio.store.home import Home
from studio.store.ids import new_id
from studio.store.store import Store

logger = logging.getLogger(__name__)


class Examples:
    """Example datasets."""

    def __init__(self, home: Home, store: Store, imports: Imports, datasets: Datasets) -> None:
        self._home = home
        self._store = store
        self._imports = imports
        self._datasets = datasets
        self._lock = threading.Lock()

    def all(self) -> list[Example]:
        """Every example, made or not."""
        made = {row.example_of: row.id for row in self._store.datasets.all() if row.example_of}
        return [
            Example(
                problem_type=kind.id,
                title=kind.example_title,
                category=kind.category,
                description=kind.description,
                dataset_id=made.get(kind.id),
            )
            for kind in problem_types().values()
        ]

    def make(self, problem_type_id: str) -> Dataset:
        """Make an example; if it is there already, that one."""
        kind = problem_type(problem_type_id)
        with self._lock:
            for row in self._store.datasets.all():
                if row.example_of == kind.id and row.state != "failed":
                    return self._datasets.get(row.id)
            row = DatasetRow(
                id=new_id("data"),
                name=self._free_name(kind),
                problem_type=kind.id,
                state="inspecting",
                created=time.time(),
                source="example",
                example_of=kind.id,
            )
            self._store.datasets.insert(row)
        threading.Thread(target=self._make, args=(kind, row), name=f"example {kind.id}", daemon=True).start()
        return self._datasets.announce(row.id)

    def _make(self, kind: ProblemType, row: DatasetRow) -> None:
        """Write the data, look at it like at anybody's, and order its inspection."""
        folder = private_folder(self._home.path / "imports" / f"example-{row.id}")
        try:
            kind.make_example(folder)
            draft = self._imports.begin(folder, "example", "path", choices={"problem_type": kind.id})
            draft = self._imports.wait(draft.id)
            if draft.state != "ready":
                message = draft.error.message if draft.error else "The example could not be read."
                raise ConflictError(message, hint="See the server's log.")
            stored = self._store.imports.get(draft.id)
            spec = self._imports.order(stored, row.id, row.name, plain_choices(draft.choices), kind.id)
            self._imports.enqueue(spec, row.id)
            shutil.rmtree(folder, ignore_errors=True)
        except Exception as error:
            logger.exception("The example of %s could not be made.", kind.id)
            message = error.message if isinstance(error, StudioError) else "The example could not be made."
            self._store.datasets.fail(row.id, {"code": "example", "message": message, "hint": "Try again."})
        with suppress(NotFoundError):  # deleted while it was made
            self._datasets.announce(row.id)

    def _free_name(self, kind: ProblemType) -> str:
        base = f"Example {kind.example_title}"
        names = (base, *(f"{base} {number}" for number in range(2, 1000)))
        return next(name for name in names if not self._store.datasets.is_name_taken(name))
