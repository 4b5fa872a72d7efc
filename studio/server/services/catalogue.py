"""Catalogue: problem types, their settings, and what is done with settings before a start."""

import dataclasses
import math
from pathlib import Path
from typing import Any

from studio.configuration.document import settings_document, suggested_entries
from studio.configuration.reference import reference_markdown
from studio.configuration.yaml_config import dump_config, load_config
from studio.datasets.dataset import Dataset
from studio.machine import machine
from studio.problems.contract import CATEGORY_TITLES, ProblemType
from studio.problems.registry import problem_type, problem_types
from studio.server.schemas.catalogue import (
    ColumnRoleInfo,
    DatasetFormatInfo,
    ExplanationInfo,
    Fact,
    Help,
    HelpTopic,
    LoadedSettings,
    ModelTypeInfo,
    NotApplicable,
    PlanFactor,
    PlanInfo,
    ProblemTypeInfo,
    SettingsCheck,
    SettingsChoice,
    SettingsDocument,
    SettingsInput,
    SuggestedSettings,
    SuggestedValue,
    Translation,
)
from studio.server.services.planning import Planner, Prepared
from studio.settings.finding import SettingsError, blocking
from studio.store.home import Home

_SOURCES = {
    "folder": "pretrained, from the home's weights folder",
    "package": "pretrained, from an installed package",
    "cache": "pretrained, from the local cache",
    "hub": "pretrained, downloaded from the hub",
    "scratch": "random: this backbone has no others",
    None: "random",
}
HELP = Path(__file__).resolve().parent.parent / "help"


class Catalogue:
    """What can be trained and how."""

    def __init__(self, home: Home, planner: Planner) -> None:
        self._home = home
        self._planner = planner

    def problem_types(self) -> list[ProblemTypeInfo]:
        """Every kind of problem."""
        return [described(kind) for kind in problem_types().values()]

    def document(self, problem_type_id: str, model_type: str | None, dataset_id: str | None) -> SettingsDocument:
        """The settings of a problem type for a dataset and this machine."""
        kind = problem_type(problem_type_id)
        dataset = self._planner.open_dataset(dataset_id) if dataset_id else None
        document = settings_document(
            kind,
            model_type,
            self._planner.context(dataset),
            dataset,
            machine(self._home.path),
            self._planner.suggestion_context(dataset) if dataset else None,
        )
        return SettingsDocument.model_validate(document.model_dump(mode="json"))

    def check(self, body: SettingsInput) -> SettingsCheck:
        """Findings, plan and facts before a start."""
        prepared = self._planner.prepare(body.problem_type, body.model_type, body.settings, body.grid)
        return SettingsCheck(findings=list(prepared.findings), plan=_plan(prepared), facts=self._facts(prepared))

    def _facts(self, prepared: Prepared) -> list[Fact]:
        facts = _facts(prepared)
        if facts and prepared.settings is not None:
            facts.append(Fact(label="Starting weights", value=self._starting_weights(prepared)))
        return facts

    def _starting_weights(self, prepared: Prepared) -> str:
        assert prepared.settings is not None
        if prepared.start_weights is not None:
            return f"of the experiment {prepared.settings.value('general.experiment')}"
        return _SOURCES[self._planner.weights_source(prepared.settings.flat())]

    def load(self, text: str) -> LoadedSettings:
        """What a YAML says.

        Raises:
            SettingsError: if nothing of it can be understood.
        """
        loaded = load_config(text)
        if not loaded.problem_type and blocking(loaded.findings):
            raise SettingsError(loaded.findings)
        return LoadedSettings(
            problem_type=loaded.problem_type,
            model_type=loaded.model_type,
            settings=loaded.settings,
            grid=loaded.grid,
            taken=list(loaded.taken),
            translated=[
                Translation.model_validate({"from": one.source, "to": one.target}) for one in loaded.translated
            ],
            not_applicable=[NotApplicable(key=one.key, reason=one.reason) for one in loaded.not_applicable],
            findings=list(loaded.findings),
        )

    def dump(self, body: SettingsInput) -> str:
        """The YAML of settings.

        Raises:
            SettingsError: if they cannot be used.
        """
        model = problem_type(body.problem_type).model_type(body.model_type)
        return dump_config(model.settings.from_mapping(body.settings), body.grid)

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

    def reference(self, problem_type_id: str) -> str:
        """The settings reference, as Markdown."""
        return reference_markdown(problem_type(problem_type_id))

    def help(self) -> Help:
        """Every page of help: the Markdown files in `help`, ordered by their number, titled by their first line."""
        topics = []
        for path in sorted(HELP.glob("*.md")):
            text = path.read_text()
            title = text.partition("\n")[0].removeprefix("# ").strip()
            topics.append(HelpTopic(id=path.stem.partition("-")[2], title=title, markdown=text))
        return Help(topics=topics)


def described(kind: ProblemType) -> ProblemTypeInfo:
    return ProblemTypeInfo(
        id=kind.id,
        title=kind.title,
        category=kind.category,
        category_title=CATEGORY_TITLES[kind.category],
        description=kind.description,
        model_types=[ModelTypeInfo(id=model.id, title=model.title) for model in kind.model_types],
        roles=[ColumnRoleInfo.model_validate(_listed(dataclasses.asdict(role))) for role in kind.roles],
        metrics=list(kind.metrics),
        default_metric=kind.default_metric,
        dataset_formats=[DatasetFormatInfo(id=f.id, title=f.title, layout=f.layout) for f in kind.dataset_formats],
        insights=list(kind.insights),
        prediction_columns=kind.prediction_columns,
        explanation=_explanation(kind),
        medium=kind.medium,
        example_title=kind.example_title,
    )


def _explanation(kind: ProblemType) -> ExplanationInfo | None:
    if kind.explanation is None:
        return None
    method = kind.explanation.method
    return ExplanationInfo(shows=kind.explanation.shows, method=method.name, reference=method.reference)


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


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
        batch = values.get("training.batch_size")
        if isinstance(batch, int) and batch > 0:
            facts.append(Fact(label="Steps per epoch, at most", value=f"{math.ceil(info.rows / batch):,}"))
    epochs = values.get("training.epochs")
    if epochs is not None:
        facts.append(Fact(label="Epochs", value=str(epochs)))
    return facts
