"""Origins: the experiment that another one starts from, and which of its models it takes the weights of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.errors import NotFoundError
from studio.runs.folder import RunFolder
from studio.runs.spec import WorkerKind
from studio.server.services.runs import has_bundle
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.value_checks import warning
from studio.store.experiments import ExperimentRow
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store

CATEGORY = "general.problem_category"
EXPERIMENT = "general.experiment"
WEIGHTS = "general.use_previous_experiment_weights"
EXISTING = "the name of an experiment"
BACKBONE = "architecture.backbone"
FROM_EXPERIMENT = "from_experiment"


@dataclass(frozen=True)
class Origin:
    """Where settings started from."""

    run_id: str | None = None
    """The run whose weights are taken; None where none are."""
    findings: tuple[Finding, ...] = field(default_factory=tuple)


class Origins:
    """Resolves the experiment that settings name."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home = home
        self._store = store

    def resolve(self, settings: SettingsSchema, grid: Mapping[str, Sequence[Any]]) -> Origin:
        """The origin of settings, with what stands in its way. Weights come from the experiment's best run."""
        if settings.value(CATEGORY) != FROM_EXPERIMENT:
            return Origin()
        name, wants_weights = settings.value(EXPERIMENT), bool(settings.value(WEIGHTS))
        if not name:
            return Origin(findings=(_no_experiment(),) if wants_weights else ())
        try:
            row = self._store.experiments.get(name)
        except NotFoundError as error:
            return Origin(findings=(_unknown(name, error) if wants_weights else _gone(name),))
        if not wants_weights:
            return Origin()
        runs = [run for run in self._store.runs.of_experiment(row.id) if has_bundle(self._folder(run))]
        findings = tuple(_unfit(row, runs, settings, grid))
        return Origin(run_id=None if findings else _best(row, runs).id, findings=findings)

    def _folder(self, run: RunRow) -> RunFolder:
        return RunFolder(self._home.worker_folder(WorkerKind.TRAIN, run.id))


def _best(row: ExperimentRow, runs: Sequence[RunRow]) -> RunRow:
    sign = -1.0 if row.direction == "minimize" else 1.0

    def quality(run: RunRow) -> float:
        value = run.best.get("metric")
        return float("-inf") if value is None else sign * value

    return max(runs, key=quality)


def _unfit(
    row: ExperimentRow, runs: Sequence[RunRow], settings: SettingsSchema, grid: Mapping[str, Sequence[Any]]
) -> Iterator[Finding]:
    wanted = (settings.problem_type, settings.model_type)
    if (row.problem_type, row.model_type) != wanted:
        yield Finding(
            code="other_problem_type",
            path=WEIGHTS,
            message=f"The experiment {row.name!r} trained another kind of model.",
            found=" ".join(filter(None, (row.problem_type, row.model_type))),
            expected=" ".join(filter(None, wanted)),
            fix="Choose an experiment of this problem type and model type, or start without its weights.",
        )
        return
    if not runs:
        yield Finding(
            code="no_model",
            path=EXPERIMENT,
            message=f"The experiment {row.name!r} has no finished model.",
            found=str(row.state),
            expected="an experiment with a finished run",
            fix="Wait until one of its runs has finished, or choose another experiment.",
        )
        return
    if BACKBONE not in settings.fields():
        return
    trained = dict(_best(row, runs).spec.settings.get("architecture", {})).get("backbone")
    others = [one for one in grid.get(BACKBONE, [settings.value(BACKBONE)]) if one != trained]
    if others:
        yield Finding(
            code="other_backbone",
            path=BACKBONE,
            message=f"The weights of {row.name!r} are those of another backbone.",
            found=", ".join(map(str, others)),
            expected=str(trained),
            fix=f"Choose {trained}, or start without its weights.",
        )


def _no_experiment() -> Finding:
    return Finding(
        code="missing",
        path=EXPERIMENT,
        message="No experiment is named whose weights could be used.",
        found="None",
        expected="an experiment with a finished run",
        fix="Choose an experiment, or start without previous weights.",
    )


def _unknown(name: str, error: NotFoundError) -> Finding:
    return Finding(
        code="not_here", path=EXPERIMENT, message=error.message, found=name, expected=EXISTING, fix=error.hint
    )


def _gone(name: str) -> Finding:
    return warning(
        EXPERIMENT,
        "not_here",
        f"There is no experiment {name!r} any more. Its settings are here; only the name leads nowhere.",
        "Choose None, or leave it as a note.",
        found=name,
        expected=EXISTING,
    )
