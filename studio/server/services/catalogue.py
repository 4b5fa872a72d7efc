"""Catalogue: settings in the light of a home, and what is done with them before a start."""

import math
from collections.abc import Sequence
from pathlib import Path

from studio.configuration.document import suggested_entries
from studio.datasets.dataset import Dataset
from studio.problems.registry import problem_type
from studio.server.schemas.catalogue import (
    Fact,
    Help,
    HelpTopic,
    PlanFactor,
    PlanInfo,
    SettingsCheck,
    SettingsChoice,
    SettingsDocument,
    SettingsInput,
    SuggestedSettings,
    SuggestedValue,
)
from studio.server.services.planning import Planner, Prepared
from studio.server.services.problem_catalogue import ProblemCatalogue
from studio.settings.finding import SettingsError
from studio.store.home import Home

_SOURCES = {
    "folder": "pretrained, from the home's weights folder",
    "package": "pretrained, from an installed package",
    "cache": "pretrained, from the local cache",
    "hub": "pretrained, downloaded from the hub",
    "scratch": "random: this backbone has no pretrained weights",
    None: "random",
}
HELP = Path(__file__).resolve().parent.parent / "help"


class Catalogue(ProblemCatalogue):
    """What can be trained and how, on this machine and with the datasets of a home."""

    def __init__(self, home: Home, planner: Planner) -> None:
        super().__init__(home.path)
        self._planner = planner

    def document(self, problem_type_id: str, model_type: str | None, dataset_id: str | None) -> SettingsDocument:
        """The settings of a problem type for a dataset and this machine."""
        kind = problem_type(problem_type_id)
        dataset = self._planner.open_dataset(dataset_id) if dataset_id else None
        context = self._planner.context(dataset)
        suggestions = self._planner.suggestion_context(dataset) if dataset else None
        return self.document_in(kind, model_type, context, dataset, suggestions)

    def check(self, body: SettingsInput) -> SettingsCheck:
        """Findings, plan and facts before a start."""
        prepared = self._planner.prepare(body.problem_type, body.model_type, body.settings, body.grid)
        return SettingsCheck(findings=list(prepared.findings), plan=_plan(prepared), facts=self._facts(prepared))

    def _facts(self, prepared: Prepared) -> list[Fact]:
        facts = _facts(prepared)
        if facts and prepared.settings is not None:
            facts.append(Fact(label="Initial weights", value=self._starting_weights(prepared)))
        return facts

    def _starting_weights(self, prepared: Prepared) -> str:
        assert prepared.settings is not None
        if prepared.start_weights is not None:
            return f"of the experiment {prepared.settings.value('general.experiment')}"
        return _SOURCES[self._planner.weights_source(prepared.settings.flat())]

    def suggest(self, body: SettingsChoice) -> SuggestedSettings:
        """The suggested recipe for the dataset these settings name.

        Raises:
            SettingsError: if the settings or the dataset cannot be used.
        """
        prepared = self._planner.prepare(body.problem_type, body.model_type, body.settings, {})
        if prepared.settings is None or prepared.dataset is None:
            raise SettingsError(prepared.findings)
        context = self._planner.suggestion_context(prepared.dataset)
        entries = suggested_entries(prepared.problem_type, prepared.settings, context)
        return SuggestedSettings(
            changes=[SuggestedValue.model_validate(entry.model_dump(mode="json")) for entry in entries]
        )

    def help(self) -> Help:
        """Every page of help: the Markdown files in `help`, ordered by their number, titled by their first line."""
        topics = []
        for path in sorted(HELP.glob("*.md")):
            text = path.read_text()
            title = text.partition("\n")[0].removeprefix("# ").strip()
            topics.append(HelpTopic(id=path.stem.partition("-")[2], title=title, markdown=text))
        return Help(topics=topics)


def _plan(prepared: Prepared) -> PlanInfo:
    runs = prepared.runs()
    points = len({run.settings.fingerprint() for run in runs})
    folds = len({run.fold for run in runs})
    factors = [("Grid points", points), ("Folds", folds)]
    if runs:
        factors.append(("Seeds", len(runs) // max(1, points * folds)))
    return PlanInfo(runs=len(runs), factors=[PlanFactor(label=label, count=count) for label, count in factors])


def _facts(prepared: Prepared) -> list[Fact]:
    settings, dataset = prepared.settings, prepared.dataset
    if settings is None or dataset is None:
        return []
    facts = []
    values = settings.flat()
    table: Dataset = dataset
    info = table.table_info(str(values.get("dataset.train_dataframe", "")))
    if info is not None:
        facts.append(Fact(label="Rows", value=f"{info.rows:,}"))
        steps = [math.ceil(info.rows / batch) for batch in _tried(prepared, "training.batch_size") if batch > 0]
        if steps:
            facts.append(Fact(label="Maximum steps per epoch", value=_range_text(steps)))
    epochs = _tried(prepared, "training.epochs")
    if epochs:
        facts.append(Fact(label="Epochs", value=_range_text(epochs)))
    return facts


def _tried(prepared: Prepared, key: str) -> list[int]:
    """The whole numbers that a setting has in the runs of a start: one, or those of the grid."""
    value = prepared.settings.flat().get(key) if prepared.settings is not None else None
    several = prepared.grid.get(key) or [value]
    return [one for one in several if isinstance(one, int)]


def _range_text(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
