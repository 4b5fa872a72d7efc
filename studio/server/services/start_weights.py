"""Origins: the experiment that another one starts from, and which of its models it takes the weights of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.errors import NotFoundError, in_quotes
from studio.server.services.models import Models
from studio.settings.finding import Finding, FindingLevel
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import network_keys
from studio.settings.value_checks import warning
from studio.store.experiments import ExperimentRow
from studio.store.runs import RunRow
from studio.store.store import Store

CATEGORY = "general.problem_category"
EXPERIMENT = "general.experiment"
WEIGHTS = "general.use_previous_experiment_weights"
EXISTING = "the name of an experiment"
FROM_EXPERIMENT = "from_experiment"


@dataclass(frozen=True)
class Origin:
    """Where settings started from."""

    run_id: str | None = None
    """The run whose weights are taken; None where none are."""
    findings: tuple[Finding, ...] = field(default_factory=tuple)


class Origins:
    """Resolves the experiment that settings name."""

    def __init__(self, store: Store, models: Models) -> None:
        self._store = store
        self._models = models

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
        best = self._models.best(row)
        findings = tuple(_unfit(row, best, settings, grid))
        if findings or best is None:
            return Origin(findings=findings)
        is_one_of_several = sum(row.runs_by_state.values()) > 1
        return Origin(run_id=best.id, findings=(_taken(row, best),) if is_one_of_several else ())


def _unfit(
    row: ExperimentRow, best: RunRow | None, settings: SettingsSchema, grid: Mapping[str, Sequence[Any]]
) -> Iterator[Finding]:
    wanted = (settings.problem_type, settings.model_type)
    if (row.problem_type, row.model_type) != wanted:
        yield Finding(
            code="other_problem_type",
            path=WEIGHTS,
            message=f"The experiment {in_quotes(row.name)} trained another kind of model.",
            found=" ".join(filter(None, (row.problem_type, row.model_type))),
            expected=" ".join(filter(None, wanted)),
            fix="Choose an experiment of this problem type and model type, or start without its weights.",
        )
        return
    if best is None:
        yield Finding(
            code="no_model",
            path=EXPERIMENT,
            message=f"The experiment {in_quotes(row.name)} has no finished model.",
            found=str(row.state),
            expected="an experiment with a finished run",
            fix="Wait until one of its runs has finished, or choose another experiment.",
        )
        return
    for key in network_keys(settings.fields()):
        trained = dict(best.spec.settings.get("architecture", {})).get(key.rpartition(".")[2])
        others = [one for one in grid.get(key, [settings.value(key)]) if one != trained]
        if others:
            yield Finding(
                code="other_backbone",
                path=key,
                message=f"The weights of {in_quotes(row.name)} are those of another backbone.",
                found=", ".join(map(str, others)),
                expected=str(trained),
                fix=f"Choose {trained}, or start without its weights.",
            )


def _taken(row: ExperimentRow, best: RunRow) -> Finding:
    value = best.best.get("metric")
    measured = f", {row.metric_label} {value:.4g}" if row.metric_label and value is not None else ""
    return Finding(
        level=FindingLevel.NOTE,
        code="weights_of",
        path=WEIGHTS,
        message=f"The weights are those of the best run of {in_quotes(row.name)}: run {best.number + 1}{measured}.",
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
        f"There is no experiment {in_quotes(name)} any more. Its settings are here; only the name is invalid.",
        "Choose None, or keep it as a note.",
        found=name,
        expected=EXISTING,
    )
