"""Models: which run's model is meant where an experiment is named. Everything that takes one asks here."""

from collections.abc import Sequence

from studio.errors import ConflictError, NotFoundError, in_quotes
from studio.runs.folder import RunFolder
from studio.runs.ranking import best_finished
from studio.runs.spec import WorkerKind
from studio.runs.state import ENDED, RunState
from studio.store.experiments import ExperimentRow
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store

WAIT = "Wait until it has finished."
OTHER = "Choose another run, or resume it."


class NoModelError(ConflictError):
    """There is no finished model where one is needed."""

    code = "no_model"


class Models:
    """The finished models of experiments."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home = home
        self._store = store

    def has_model(self, run: RunRow) -> bool:
        """Whether a run has finished and its model is there whole: the manifest of a bundle is written last."""
        folder = RunFolder(self._home.worker_folder(WorkerKind.TRAIN, run.id))
        return (
            run.kind is WorkerKind.TRAIN
            and run.state is RunState.FINISHED
            and (folder.bundle / "bundle.json").is_file()
        )

    def best(self, experiment: ExperimentRow, runs: Sequence[RunRow] | None = None) -> RunRow | None:
        """The run with the best validation metric among those that have a model."""
        runs = self._store.runs.of_experiment(experiment.id) if runs is None else runs
        return best_finished(filter(self.has_model, runs), experiment.direction)

    def of_experiment(self, experiment: ExperimentRow, number: int | None = None) -> RunRow:
        """The run of this number, from 1, or the best one.

        Raises:
            NotFoundError: if there is no run of this number.
            NoModelError: if the run, or every run, has no finished model.
        """
        runs = self._store.runs.of_experiment(experiment.id)
        if number is None:
            best = self.best(experiment, runs)
            if best is not None:
                return best
            raise NoModelError(
                f"The experiment {in_quotes(experiment.name)} has no finished model.",
                hint="Wait until a run has finished." if experiment.state not in ENDED else "Resume it, or start anew.",
                found=str(experiment.state),
                expected="an experiment with a finished run",
            )
        named = next((run for run in runs if run.number == number - 1), None)
        if named is None:
            raise NotFoundError(
                f"The experiment {in_quotes(experiment.name)} has no run {number}.",
                hint=f"Choose a run from 1 to {len(runs)}.",
                found=str(number),
                expected=f"a number from 1 to {len(runs)}",
            )
        return self.require(named)

    def of_run(self, run_id: str) -> RunRow:
        """A run that has a model.

        Raises:
            NotFoundError: if there is no such run.
            NoModelError: if it has no finished model.
        """
        run = self._store.runs.get(run_id)
        if run.kind is not WorkerKind.TRAIN:
            raise NotFoundError(
                f"There is no run {in_quotes(run_id)}.", hint="Look at the experiment's page for its runs."
            )
        return self.require(run)

    def require(self, run: RunRow) -> RunRow:
        """The same run, if it has a model."""
        if self.has_model(run):
            return run
        raise NoModelError(
            f"Run {run.number + 1} has no finished model; it is {run.state}.",
            hint=OTHER if run.state in ENDED else WAIT,
            found=str(run.state),
            expected="a finished run",
        )
