"""Composition: an input and a task make a problem type. Light; the torch side is `studio/modeling/encoder_recipe.py`.

An `InputSpec` says how rows of a medium are found, checked, shown and set up; it knows no labels. A `TaskSpec` says the
same of labels; it knows no medium. `compose` puts settings, roles, guess, inspection and views together from both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import new_class
from typing import TYPE_CHECKING, Annotated, Any, Literal

from studio.datasets.importers.format import DatasetFormat
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.on_demand import np
from studio.problems.contract import (
    Category,
    ColumnRole,
    Explanation,
    Guess,
    LabelFinder,
    ModelType,
    ProblemType,
    SuggestionContext,
)
from studio.results.metric import MetricInfo
from studio.results.sample_view import Annotation, SampleView
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection, SuggestedChange
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.interpretations import ExplanationMethod
from studio.settings.setting import Setting

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from studio.datasets.inspection import Inspection

Roles = Mapping[str, Any]
Section = type[SettingsSection]
Contradictions = Callable[[SettingsSchema, ChoiceContext], Iterator[Finding]]
Suggestions = Callable[[SettingsSchema, SuggestionContext], Iterator[SuggestedChange]]


def no_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """None: everything goes with everything."""
    yield from ()


def no_label(frame: pd.DataFrame, roles: Roles, label: str) -> NDArray[np.bool_]:
    """No row: what is predicted is no class."""
    return np.zeros(len(frame), dtype=bool)


@dataclass(frozen=True)
class FoundInput:
    """The columns of a table that an input reads."""

    roles: Mapping[str, str | tuple[str, ...]]
    columns: tuple[str, ...]
    reason: str
    certainty: float = 1.0
    """How sure it is that these are inputs, 0 to 1."""


@dataclass(frozen=True)
class FoundLabels:
    """The columns of a table that a task predicts."""

    roles: Mapping[str, str | tuple[str, ...]]
    confidence: float
    """That this is the problem, 0 to 1."""
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class InputSpec:
    """A medium without labels."""

    category: Category
    roles: tuple[ColumnRole, ...]
    formats: Callable[[TaskSpec], tuple[DatasetFormat, ...]]
    """How data may lie in an upload; plain tables first."""
    find: Callable[[TableView], FoundInput | None]
    check: Callable[[Inspection], None]
    """Check and repair the inputs of the rows."""
    profile: Callable[[Inspection], DatasetProfile]
    view: Callable[[Mapping[str, Any], Roles, str, Annotation | None], SampleView]
    """One row with its truth; the string is the media folder."""
    dataset: Section
    sections: Mapping[str, Section]
    """Sections that stand between those for the dataset and the architecture, by name, for tasks that mix no labels."""
    mixed_sections: Mapping[str, Section]
    """In place of some of `sections` where labels can be mixed."""
    architecture: Section
    training: Section
    environment: Section
    logging: Section
    contradictions: Contradictions
    scoring_distributions: tuple[str, ...]
    interpretations: Section | None = None
    """The setting that turns explanations on."""
    explanation: ExplanationMethod | None = None
    """How predictions are explained."""
    views: tuple[Section, ...] = ()
    """Settings of views at test time."""
    panels: tuple[str, ...] = ()
    """Titles of panels about inputs."""
    media_role: str | None = None
    medium: str | None = None


@dataclass(frozen=True)
class TaskSpec:
    """What is predicted, of any medium."""

    roles: tuple[ColumnRole, ...]
    table_hint: str
    """What a table holds beside the inputs, for the description of its format."""
    find: Callable[[TableView, FoundInput], FoundLabels | None]
    inspect: Callable[[Inspection], DatasetProfile]
    """Check and repair the labels of the rows; give the facts about them."""
    truth: Callable[[Mapping[str, Any], Roles], Annotation | None]
    """The truth of one row."""
    dataset: tuple[Section, ...]
    training: tuple[Section, ...]
    """Loss and layer groups."""
    metrics: tuple[MetricInfo, ...]
    default_metric: str
    panels: tuple[str, ...]
    """Titles of the panels about predictions, as the recipe writes them."""
    prediction_columns: str
    contradictions: Contradictions = no_contradictions
    find_label: LabelFinder = no_label
    architecture: tuple[Section, ...] = ()
    before_metric: tuple[Section, ...] = ()
    """Settings of the prediction that stand before the metric, and after it."""
    after_metric: tuple[Section, ...] = ()
    further: Mapping[str, tuple[Section, ...]] = field(default_factory=dict)
    """Settings that it adds to other sections, by the section's name."""
    metric_help: str = "The metric that validation reports and that selects the best checkpoint."
    formats: tuple[DatasetFormat, ...] = ()
    """How data may lie in an upload, where that is not what the input says; those of the input's medium count."""
    scoring_distributions: tuple[str, ...] = ()
    """Distributions that a pipeline needs beside those of the input."""
    has_classes: bool = False
    """Whether a folder a class says the labels."""
    has_mixed_labels: bool = True
    """Whether labels of a mixture of two samples make sense."""
    explained: str = ""
    """What an explanation shows; empty where there is none."""


@dataclass(frozen=True)
class ModelSpec:
    """A kind of model that a problem type offers, with the settings that it alone has."""

    id: str | None = None
    """None where it is the only one."""
    title: str = ""
    """Empty for the problem type's."""
    architecture: tuple[Section, ...] = ()
    training: tuple[Section, ...] = ()
    contradictions: Contradictions = no_contradictions
    is_useful_untrained: bool = False
    """Whether a pretrained one answers without any training here."""
    further: Mapping[str, tuple[Section, ...]] = field(default_factory=dict)
    """Settings that it adds to other sections, by the section's name."""
    recipe: str | None = None
    """`module:Class`, where it has a recipe of its own."""


@dataclass(frozen=True)
class _Parts:
    """What the functions of a composed problem type close over."""

    id: str
    input: InputSpec
    task: TaskSpec
    check: Callable[[Inspection], None] | None = None
    """A further check that only this pair needs."""

    def guess(self, view: TableView) -> Guess | None:
        found = self.input.find(view)
        labels = None if found is None else self.task.find(view, found)
        if found is None or labels is None:
            return None
        return Guess(self.id, labels.confidence, (found.reason, *labels.reasons), {**found.roles, **labels.roles})

    def inspect(self, inspection: Inspection) -> DatasetProfile:
        self.input.check(inspection)
        labels = self.task.inspect(inspection)
        if self.check is not None:
            self.check(inspection)
        return self.input.profile(inspection).joined(labels)

    def view_row(self, row: Mapping[str, Any], roles: Roles, media_folder: str) -> SampleView:
        return self.input.view(row, roles, media_folder, self.task.truth(row, roles))


def compose(
    id: str,
    title: str,
    description: str,
    *,
    input: InputSpec,
    task: TaskSpec,
    make_example: Callable[[Path], None],
    example_title: str,
    suggest: Suggestions,
    defaults: Mapping[str, Any] | None = None,
    check: Callable[[Inspection], None] | None = None,
    models: tuple[ModelSpec, ...] = (ModelSpec(),),
    scoring_distributions: tuple[str, ...] = (),
    recipe: str = "",
) -> ProblemType:
    """The problem type of an input and a task.

    Args:
        defaults: Values by key in place of those that input and task bring.
        check: A check of rows that only this pair needs, after those of input and task.
        models: The kinds of model there are; the first is the default. One of an encoder with heads adds nothing.
        scoring_distributions: What the network needs in a pipeline, beside what input and task need.
        recipe: `module:Class`; by default `recipe:<Id>Recipe` in the folder that is called like the id.
    """
    parts = _Parts(id, input, task, check)
    words = "".join(word.capitalize() for word in id.split("_"))

    def suggested(values: SettingsSchema, context: SuggestionContext) -> Sequence[SuggestedChange]:
        return tuple(suggest(values, context))

    return ProblemType(
        id=id,
        title=title,
        category=input.category,
        description=description,
        model_types=tuple(
            ModelType(one.id, one.title or title, settings_of(id, input, task, defaults or {}, one), one.recipe)
            for one in models
        ),
        roles=(*input.roles, *task.roles),
        dataset_formats=tuple(one for one in task.formats if one.medium in ("", input.medium)) or input.formats(task),
        metrics=task.metrics,
        default_metric=task.default_metric,
        panels=(*task.panels, *input.panels),
        explanation=Explanation(task.explained, input.explanation) if task.explained and input.explanation else None,
        prediction_columns=task.prediction_columns,
        guess=parts.guess,
        inspector=parts.inspect,
        suggest=suggested,
        make_example=make_example,
        example_title=example_title,
        view_row=parts.view_row,
        find_label=task.find_label,
        media_role=input.media_role,
        medium=input.medium,
        recipe=recipe or f"studio.problems.{id}.recipe:{words}Recipe",
        scoring_distributions=(*input.scoring_distributions, *scoring_distributions, *task.scoring_distributions),
    )


def settings_of(
    id: str, input: InputSpec, task: TaskSpec, defaults: Mapping[str, Any], model: ModelSpec
) -> type[SettingsSchema]:
    """The settings of an input, a task and a kind of model, sections in display order.

    Raises:
        TypeError: if task or model add settings to a section that the input does not bring.
    """
    between = {**input.sections, **(input.mixed_sections if task.has_mixed_labels else {})}
    explained = (input.interpretations,) if task.explained and input.interpretations else ()
    metric = _metric_section(task)
    sections: dict[str, tuple[Section, ...]] = {
        "general": (GeneralSection,),
        # Later bases come first in a form.
        "dataset": (*task.dataset, input.dataset),
        **{name: (section,) for name, section in between.items()},
        "architecture": (*model.architecture, *task.architecture, input.architecture),
        "training": (*explained, *model.training, *task.training, input.training),
        "prediction": (*input.views, *task.after_metric, metric, *task.before_metric),
        "environment": (input.environment,),
        "logging": (input.logging,),
    }
    if missing := sorted({*task.further, *model.further} - set(sections)):
        raise TypeError(f"{id} has no section {', '.join(missing)}, to which its task or model adds settings.")
    made = {
        name: _section(id, name, (*model.further.get(name, ()), *task.further.get(name, ()), *bases), defaults)
        for name, bases in sections.items()
    }

    def contradictions(self: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from training_contradictions(self, context)
        yield from input.contradictions(self, context)
        yield from task.contradictions(self, context)
        yield from model.contradictions(self, context)

    namespace: dict[str, Any] = {
        "__doc__": f"All settings of {id.replace('_', ' ')}{f' with {model.title}' if model.id else ''}.",
        "__module__": __name__,
        "__annotations__": dict(made),
        "__reduce__": lambda self: (_restored, (id, model.id, self.flat())),
        "problem_type": id,
        "model_type": model.id,
        "is_useful_untrained": model.is_useful_untrained,
        "contradictions": contradictions,
        **{name: section() for name, section in made.items()},
    }
    schema: type[SettingsSchema] = new_class(
        f"{id}_settings", (SettingsSchema,), {}, lambda body: body.update(namespace)
    )
    return schema


def _restored(id: str, model_type: str | None, values: dict[str, Any]) -> SettingsSchema:
    """Settings in another process: data workers of GPUs are not forks, and these classes are in no module."""
    from studio.problems.registry import problem_type

    return problem_type(id).model_type(model_type).settings.from_mapping(values)


def _section(id: str, name: str, bases: tuple[Section, ...], defaults: Mapping[str, Any]) -> Section:
    """A section with the fields of its bases, some with other defaults."""
    changed = {key.partition(".")[2]: value for key, value in defaults.items() if key.partition(".")[0] == name}
    if len(bases) == 1 and not changed:
        return bases[0]
    title = next(base.title for base in reversed(bases) if hasattr(base, "title"))
    fields = {key: info for base in reversed(bases) for key, info in base.model_fields.items()}
    namespace: dict[str, Any] = {
        "__doc__": f"{title} of {id.replace('_', ' ')}.",
        "__module__": __name__,
        "__annotations__": {key: Annotated[fields[key].annotation, *fields[key].metadata] for key in changed},
        "title": title,
        **changed,
    }
    return new_class(f"{id}_{name}", bases, {}, lambda body: body.update(namespace))


def _metric_section(task: TaskSpec) -> Section:
    """The choice of the metric, as the metrics themselves say."""
    names = tuple(metric.name for metric in task.metrics)
    setting = Setting(
        label="Metric",
        help=task.metric_help,
        labels=tuple((metric.name, metric.label) for metric in task.metrics if metric.label != metric.name),
    )
    namespace: dict[str, Any] = {
        "__doc__": "The metric.",
        "__module__": __name__,
        "__annotations__": {"metric": Annotated[Literal[names], setting]},
        "title": "Prediction",
        "metric": task.default_metric,
    }
    return new_class("MetricSection", (SettingsSection,), {}, lambda body: body.update(namespace))
