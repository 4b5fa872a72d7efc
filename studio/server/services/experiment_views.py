"""Experiments as lists and pages see them: read from the database, and nothing changed."""

from studio.configuration.yaml_config import dump_config
from studio.errors import NotFoundError
from studio.problems.registry import problem_type
from studio.server.schemas.experiments import Experiment, ExperimentList, ExperimentSettings, SettingChange
from studio.server.schemas.runs import Run
from studio.server.services.models import Models
from studio.server.services.runs import Runs
from studio.server.views import damaged_experiment, experiment_row, experiment_view, shown
from studio.store.experiments import ExperimentQuery
from studio.store.store import Store


class ExperimentViews:
    """What there is of experiments."""

    def __init__(self, store: Store, runs: Runs, models: Models) -> None:
        self._store = store
        self._runs = runs
        self._models = models

    def page(self, query: ExperimentQuery) -> ExperimentList:
        """Some experiments."""
        if query.dataset:
            try:
                dataset_id = self._store.datasets.get(query.dataset).id
            except NotFoundError:
                return ExperimentList(total=0, items=[])
            query = ExperimentQuery(**{**vars(query), "dataset": dataset_id})
        total, rows = self._store.experiments.page(query)
        positions = self.queue_positions()
        items = shown(rows, lambda row: experiment_row(row, positions.get(row.id)), damaged_experiment)
        return ExperimentList(total=total, items=items)

    def get(self, id_or_name: str) -> Experiment:
        """An experiment with its runs."""
        row = self._store.experiments.get(id_or_name)
        runs = self._store.runs.of_experiment(row.id)
        views = [self._runs.view(run) for run in runs]
        return experiment_view(row, self.queue_positions().get(row.id), views, self._models.best(row, runs))

    def model(self, id_or_name: str, number: int | None) -> Run:
        """The run of this number, from 1, whose model can be used; without a number the best one."""
        row = self._store.experiments.get(id_or_name)
        return self._runs.view(self._models.of_experiment(row, number))

    def queue_positions(self) -> dict[str, int]:
        """Experiment id -> place of its first waiting run, from 1."""
        positions: dict[str, int] = {}
        for place, run in enumerate(self._store.runs.queue(), start=1):
            if run.experiment_id:
                positions.setdefault(run.experiment_id, place)
        return positions

    def yaml(self, id_or_name: str) -> tuple[str, str]:
        """The name and the YAML of an experiment."""
        row = self._store.experiments.get(id_or_name)
        model = problem_type(row.problem_type).model_type(row.model_type)
        return row.name, dump_config(model.settings.from_mapping(row.settings), row.grid)

    def settings(self, id_or_name: str) -> ExperimentSettings:
        """What an experiment was asked to do."""
        row = self._store.experiments.get(id_or_name)
        model = problem_type(row.problem_type).model_type(row.model_type)
        changes = model.settings.from_mapping(row.settings).changes()
        return ExperimentSettings(
            problem_type=row.problem_type,
            model_type=row.model_type,
            settings=dict(row.settings),
            grid={name: list(values) for name, values in row.grid.items()},
            changes=[
                SettingChange(key=name, default=_plain(default), value=_plain(value))
                for name, (default, value) in changes.items()
            ],
            document_version=row.document_version,
        )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
