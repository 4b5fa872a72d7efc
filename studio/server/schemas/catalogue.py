"""Problem types, settings documents, and what is done with settings before a start."""

from pydantic import ConfigDict, Field

from studio.datasets.dataset import ColumnKind
from studio.results.metric import MetricInfo
from studio.results.sample_view import SampleView
from studio.server.schemas.payload import Payload, SettingValue
from studio.settings.finding import Finding


class ModelTypeInfo(Payload):
    """One kind of model."""

    id: str | None
    title: str


class ColumnRoleInfo(Payload):
    """What a column is for."""

    name: str
    title: str
    kinds: list[ColumnKind]
    is_many: bool
    is_required: bool
    in_test: bool
    hint: str


class DatasetFormatInfo(Payload):
    """How data may lie in an upload."""

    id: str
    title: str
    layout: str


class ExplanationInfo(Payload):
    """How a model shows what in an input its prediction rests on."""

    shows: str
    method: str
    reference: str
    """A link to the paper that describes the method."""


class ProblemTypeInfo(Payload):
    """A kind of problem, as people choose it."""

    id: str
    title: str
    category: str
    category_title: str
    description: str
    model_types: list[ModelTypeInfo]
    roles: list[ColumnRoleInfo]
    metrics: list[MetricInfo]
    default_metric: str
    dataset_formats: list[DatasetFormatInfo]
    insights: list[str]
    prediction_columns: str
    explanation: ExplanationInfo | None
    """None where predictions are not explained."""
    medium: str | None
    """The files that its rows name; None where rows are whole in themselves."""
    media_role: str | None
    """The role of the column that names them."""
    example_title: str


class SectionInfo(Payload):
    """A titled group of settings."""

    id: str
    title: str


class ConditionTest(Payload):
    """One comparison: `key` and one operator."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    key: str
    one_of: list[SettingValue] | None = Field(default=None, alias="in")
    not_in: list[SettingValue] | None = None
    lt: float | None = None
    gt: float | None = None
    longer: int | None = None
    contains: str | None = None
    not_contains: str | None = None


class Condition(Payload):
    """When a setting is shown: every test of `all`, and one of `any` if there are any."""

    all: list[ConditionTest] | None = None
    any: list[ConditionTest] | None = None


class SettingInfo(Payload):
    """One setting, as a form draws it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    key: str
    label: str
    section: str
    type: str
    default: SettingValue
    choices: list[tuple[SettingValue, str]] | None = None
    free: bool | None = None
    min: float | None = None
    max: float | None = None
    exclusive_min: bool | None = None
    exclusive_max: bool | None = None
    step: float | None = None
    log: bool | None = None
    unit: str | None = None
    grid: bool = False
    grid_values: list[SettingValue] | None = None
    level: str = "novice"
    visible_if: Condition | None = None
    help: str = ""
    optional: bool = False
    fixed: bool = False
    head: bool = False
    paper: str | None = None


class SuggestedValue(Payload):
    """A value that fits the data and the machine better than the default."""

    key: str
    value: SettingValue
    default: SettingValue
    reason: str


class SettingsDocument(Payload):
    """Everything a form needs for a problem type."""

    problem_type: str
    title: str
    model_type: str | None = None
    version: int
    hash: str
    sections: list[SectionInfo]
    settings: list[SettingInfo]
    facts: dict[str, SettingValue] = {}
    values: dict[str, SettingValue] = {}
    suggested: list[SuggestedValue] = []


class SettingsPreview(Payload):
    """What settings make of a few rows."""

    id: str
    """For the pictures: `/api/previews/{id}/media?path=...`."""
    seconds: float
    train: list[SampleView]
    """As training sees them, each row augmented several times."""
    inference: list[SampleView]
    """As validation and prediction see them."""
    notes: list[str]
    """What is to be known about all rows, such as how many of them are cut."""


class SettingsInput(Payload):
    """Settings on their way in: flat keys, and several values for those of a grid."""

    problem_type: str
    model_type: str | None = None
    settings: dict[str, SettingValue] = {}
    grid: dict[str, list[SettingValue]] = {}


class PlanFactor(Payload):
    """One factor of the number of runs."""

    label: str
    count: int


class PlanInfo(Payload):
    """How many runs a start would make, and why."""

    runs: int
    factors: list[PlanFactor]


class Fact(Payload):
    """One line of what a start would do."""

    label: str
    value: str
    unit: str | None = None


class SettingsCheck(Payload):
    """Findings, plan and facts before a start."""

    findings: list[Finding]
    plan: PlanInfo
    facts: list[Fact]


class YamlText(Payload):
    """A configuration as YAML."""

    yaml: str


class Translation(Payload):
    """A foreign key and ours."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    source: str = Field(alias="from")
    to: str


class NotApplicable(Payload):
    """A foreign key that has no place here, and why."""

    key: str
    reason: str


class LoadedSettings(Payload):
    """What was understood of a YAML."""

    problem_type: str
    model_type: str | None = None
    settings: dict[str, SettingValue]
    grid: dict[str, list[SettingValue]] = {}
    taken: list[str]
    translated: list[Translation]
    not_applicable: list[NotApplicable]
    findings: list[Finding]


class SettingsChoice(Payload):
    """Settings whose suggested recipe is asked for."""

    problem_type: str
    model_type: str | None = None
    settings: dict[str, SettingValue] = {}


class SuggestedSettings(Payload):
    """The suggested recipe."""

    changes: list[SuggestedValue]


class Reference(Payload):
    """The settings reference of a problem type."""

    markdown: str


class HelpTopic(Payload):
    """One page of help."""

    id: str
    title: str
    markdown: str


class Help(Payload):
    """Every page of help."""

    topics: list[HelpTopic]
