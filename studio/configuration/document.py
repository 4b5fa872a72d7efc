"""The settings document: a schema as plain data that a browser renders and evaluates, for one dataset and machine."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from studio.datasets.dataset import Dataset
from studio.machine import Machine
from studio.problems.contract import CATEGORY_TITLES, ProblemType, SuggestionContext
from studio.settings.choices import ChoiceContext
from studio.settings.field import Field
from studio.settings.schema import SCHEMA_VERSION, SettingsSchema
from studio.settings.setting import ExperienceLevel, Kind


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SectionEntry(_Model):
    """A group of settings."""

    id: str
    title: str


class SettingEntry(_Model):
    """One setting, ready to draw."""

    key: str
    label: str
    section: str
    type: Kind
    default: Any
    choices: tuple[tuple[Any, str], ...] | None = None
    free: bool = False
    """Whether other values than the choices may be typed."""
    min: float | None = None
    max: float | None = None
    exclusive_min: bool = False
    exclusive_max: bool = False
    step: float | None = None
    log: bool = False
    unit: str = ""
    grid: bool = False
    grid_values: tuple[Any, ...] = ()
    level: ExperienceLevel
    visible_if: dict[str, Any] | None = None
    help: str
    optional: bool = False
    fixed: bool = False
    head: bool = False
    paper: str = ""


class SuggestedEntry(_Model):
    """A value that fits this dataset and machine better than the default."""

    key: str
    value: Any
    default: Any
    reason: str


class SettingsDocument(_Model):
    """Everything a form needs about one problem type and model type."""

    problem_type: str
    title: str
    model_type: str | None
    version: int
    hash: str
    sections: tuple[SectionEntry, ...]
    settings: tuple[SettingEntry, ...]
    facts: dict[str, Any]
    values: dict[str, Any]
    suggested: tuple[SuggestedEntry, ...] = ()


def settings_document(
    problem_type: ProblemType,
    model_type: str | None,
    context: ChoiceContext,
    dataset: Dataset | None = None,
    machine: Machine | None = None,
    suggestions: SuggestionContext | None = None,
) -> SettingsDocument:
    """The document of a schema; `values` and `suggested` are filled where a dataset is given."""
    model = problem_type.model_type(model_type)
    schema = model.settings
    entries = (
        *_fixed_entries(problem_type, model.id),
        *(_named(_entry(one, context), problem_type) for one in schema.fields().values()),
    )
    values = prefilled(schema, dataset, machine)
    suggested: tuple[SuggestedEntry, ...] = ()
    if suggestions is not None:
        suggested = suggested_entries(problem_type, schema.from_mapping(values), suggestions)
    sections = tuple(
        SectionEntry(id=name, title=info.annotation.title)  # type: ignore[union-attr]
        for name, info in schema.model_fields.items()
    )
    text = "".join(entry.model_dump_json() for entry in entries)
    return SettingsDocument(
        problem_type=problem_type.id,
        title=problem_type.title,
        model_type=model.id,
        version=SCHEMA_VERSION,
        hash=hashlib.sha256(text.encode()).hexdigest()[:16],
        sections=sections,
        settings=entries,
        # What checks look up, such as a distribution, is no value that a condition could compare.
        facts={name: fact for name, fact in context.facts.items() if not isinstance(fact, Mapping)},
        values=values,
        suggested=suggested,
    )


def prefilled(schema: type[SettingsSchema], dataset: Dataset | None, machine: Machine | None) -> dict[str, Any]:
    """Values that the dataset and the machine decide: tables, folders, columns, devices."""
    values: dict[str, Any] = {}
    if machine is not None and "environment.gpus" in schema.fields():
        values["environment.gpus"] = [str(gpu.index) for gpu in machine.gpus]
    if dataset is None:
        return values
    manifest = dataset.manifest
    values["general.dataset"] = manifest.name
    values["dataset.data_folder"] = manifest.media_folder
    values["dataset.train_dataframe"] = None
    for role, key in (("train", "train_dataframe"), ("test", "test_dataframe")):
        table = manifest.table_of_role(role)  # type: ignore[arg-type]
        if table is not None:
            values[f"dataset.{key}"] = table.name
    validation = manifest.table_of_role("validation")
    if validation is not None:
        values["dataset.validation_strategy"] = "custom"
        values["dataset.validation_dataframe"] = validation.name
    # Columns of another problem type play other roles; a start with them is refused with the reason.
    roles = manifest.roles if manifest.problem_type == schema.problem_type else {}
    for role_name, columns in roles.items():
        values[f"dataset.{role_name}"] = columns if isinstance(columns, str) else list(columns)
    context = dataset.choice_context()
    if context.folds and "0" not in context.folds:
        values["dataset.selected_folds"] = [context.folds[0]]
    return {key: value for key, value in values.items() if key in schema.fields()}


def suggested_entries(
    problem_type: ProblemType, settings: SettingsSchema, context: SuggestionContext
) -> tuple[SuggestedEntry, ...]:
    """The suggested recipe, as changes against these settings."""
    return tuple(
        SuggestedEntry(key=one.key, value=one.value, default=_plain(settings.value(one.key)), reason=one.reason)
        for one in problem_type.suggest(settings, context)
        if _plain(settings.value(one.key)) != one.value
    )


def _entry(field: Field, context: ChoiceContext) -> SettingEntry:
    setting = field.setting
    return SettingEntry(
        key=field.key,
        label=setting.label,
        section=field.section,
        type=field.kind,
        default=_plain(field.default),
        choices=_choices(field, context),
        free=setting.choices is not None and setting.choices.is_open,
        min=field.minimum,
        max=field.maximum,
        exclusive_min=field.exclusive_minimum,
        exclusive_max=field.exclusive_maximum,
        step=setting.step,
        log=setting.log,
        unit=setting.unit,
        grid=setting.grid,
        grid_values=setting.grid_values,
        level=setting.level,
        visible_if=setting.visible_if.to_json() if setting.visible_if else None,
        help=setting.help,
        optional=field.is_optional,
        fixed=setting.fixed,
        head=setting.head,
        paper=setting.paper,
    )


def _named(entry: SettingEntry, problem_type: ProblemType) -> SettingEntry:
    """With the problem type's own category as the words for it."""
    if entry.key != "general.problem_category":
        return entry
    words = {"problem_type": CATEGORY_TITLES[problem_type.category]}
    return entry.model_copy(update={"choices": tuple((one, words.get(one, said)) for one, said in entry.choices or ())})


def _choices(field: Field, context: ChoiceContext) -> tuple[tuple[Any, str], ...] | None:
    setting = field.setting
    options: list[tuple[Any, str]]
    if setting.choices is not None:
        options = list(setting.choices.options(context))
    elif field.values:
        words = dict(setting.labels)
        options = [(value, words.get(str(value), str(value))) for value in field.values]
    else:
        return None
    if field.is_optional and not field.is_list:
        options.insert(0, (None, "None"))
    return tuple(options)


def _fixed_entries(problem_type: ProblemType, model_type: str | None) -> tuple[SettingEntry, ...]:
    """Problem type and model type: shown with the others, decided when the form is opened."""
    rows = [
        ("problem_type", "Problem type", problem_type.title, problem_type.description),
    ]
    if model_type is not None:
        title = problem_type.model_type(model_type).title
        rows.append(("model_type", "Model type", title, "The kind of model; it decides further settings."))
    return tuple(
        SettingEntry(
            key=f"general.{name}",
            label=label,
            section="general",
            type=Kind.STRING,
            default=value,
            level=ExperienceLevel.NOVICE,
            help=help_text,
            fixed=True,
        )
        for name, label, value, help_text in rows
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
