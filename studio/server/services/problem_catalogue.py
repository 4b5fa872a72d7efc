"""What can be trained and how, as far as no database is needed to say it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.configuration.document import settings_document
from studio.configuration.reference import reference_markdown
from studio.configuration.yaml_config import dump_config, load_config
from studio.datasets.dataset import Dataset
from studio.machine import machine
from studio.problems.contract import CATEGORY_TITLES, ProblemType, SuggestionContext
from studio.problems.registry import problem_type, problem_types
from studio.server.schemas.catalogue import (
    ColumnRoleInfo,
    DatasetFormatInfo,
    ExplanationInfo,
    LoadedSettings,
    ModelTypeInfo,
    NotApplicable,
    ProblemTypeInfo,
    SettingsDocument,
    SettingsInput,
    Translation,
)
from studio.settings.choices import ChoiceContext
from studio.settings.finding import SettingsError, blocking


def choices_here(folder: Path, datasets: Sequence[str], experiments: Sequence[str]) -> dict[str, Any]:
    """What settings can choose from on this machine; datasets and experiments by their names, the newest first."""
    here = machine(folder)
    return {
        "devices": tuple((str(gpu.index), f"{gpu.index + 1}: {gpu.name}") for gpu in here.gpus),
        "datasets": tuple((name, name) for name in datasets),
        "experiments": tuple((name, name) for name in experiments),
        "facts": here.facts,
    }


class ProblemCatalogue:
    """Problem types and their settings; `folder` lies on the disk whose space counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def problem_types(self) -> list[ProblemTypeInfo]:
        """Every kind of problem."""
        return [described(kind) for kind in problem_types().values()]

    def document_in(
        self,
        kind: ProblemType,
        model_type: str | None,
        context: ChoiceContext,
        dataset: Dataset | None = None,
        suggestions: SuggestionContext | None = None,
    ) -> SettingsDocument:
        """The settings of a problem type with the choices of a context."""
        document = settings_document(kind, model_type, context, dataset, machine(self._folder), suggestions)
        return SettingsDocument.model_validate(document.model_dump(mode="json"))

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

    def reference(self, problem_type_id: str) -> str:
        """The settings reference, as Markdown."""
        return reference_markdown(problem_type(problem_type_id))


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
        media_role=kind.media_role,
        example_title=kind.example_title,
    )


def _explanation(kind: ProblemType) -> ExplanationInfo | None:
    if kind.explanation is None:
        return None
    method = kind.explanation.method
    return ExplanationInfo(shows=kind.explanation.shows, method=method.name, reference=method.reference)


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
