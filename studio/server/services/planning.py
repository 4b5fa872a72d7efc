"""Planner: what a set of settings would do, with every finding, before anything is started."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.bundled_weights import PACKAGED
from studio.configuration.split_checks import split_findings
from studio.datasets.dataset import Dataset
from studio.errors import NotFoundError, in_quotes
from studio.machine import machine
from studio.problems.contract import ModelType, ProblemType, SuggestionContext
from studio.problems.registry import problem_type
from studio.runs.plan import PlannedRun, plan
from studio.server.services.models import Models
from studio.server.services.problem_catalogue import choices_here
from studio.server.services.start_weights import Origin, Origins
from studio.server.services.weights import Source, Weights, timm_name
from studio.settings.choices import ChoiceContext, Library
from studio.settings.finding import Finding, blocking
from studio.settings.grid import grid_findings, grid_points
from studio.settings.names import unusable_names
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import network_keys, pretrained_key
from studio.settings.sections.text import LIBRARY, SCRATCH
from studio.store.home import Home
from studio.store.store import Store

SHOWN_ONLY = frozenset({"general.problem_type", "general.model_type"})
"""Stand in the settings document, and choose the schema itself."""


@dataclass(frozen=True)
class Prepared:
    """Settings as they were understood."""

    problem_type: ProblemType
    model_type: ModelType
    settings: SettingsSchema | None
    dataset: Dataset | None
    dataset_id: str | None
    findings: tuple[Finding, ...]
    start_weights: str | None
    """The run whose weights training starts from."""
    grid: Mapping[str, Sequence[Any]]

    @property
    def is_startable(self) -> bool:
        """Whether nothing stands in the way."""
        return self.settings is not None and not blocking(self.findings)

    def runs(self) -> tuple[PlannedRun, ...]:
        """The runs a start would make; none where something stands in the way."""
        if self.settings is None or not self.is_startable:
            return ()
        return plan(grid_points(self.settings, self.grid))


class Planner:
    """Understands settings in the light of the datasets and the machine."""

    def __init__(self, home: Home, store: Store, weights: Weights, models: Models) -> None:
        self._home = home
        self._store = store
        self._weights = weights
        self._origins = Origins(store, models)

    def prepare(
        self, problem_type_id: str, model_type_id: str | None, settings: Mapping[str, Any], grid: Mapping[str, Any]
    ) -> Prepared:
        """Everything that can be said about these settings."""
        kind = problem_type(problem_type_id)
        model = kind.model_type(model_type_id)
        settings = {key: value for key, value in settings.items() if key not in SHOWN_ONLY}
        parsed, found = model.settings.parse(settings)
        findings = list(found)
        dataset, dataset_id, origin = None, None, Origin()
        if parsed is not None:
            dataset, dataset_id, more = self._dataset(str(parsed.value("general.dataset")), kind)
            findings.extend(more)
        if parsed is not None and dataset is not None:
            findings.extend(_applicable(kind, parsed, parsed.check(self.context(dataset))))
            if not blocking(findings) and parsed.value("dataset.train_dataframe") is not None:
                findings.extend(split_findings(dataset, parsed))
        if parsed is not None:
            findings.extend(unusable_names(parsed.flat()))
            findings.extend(grid_findings(parsed, grid))
            origin = self._origins.resolve(parsed, grid)
            findings.extend(origin.findings)
            findings.extend(self._weights_findings(parsed, grid))
        return Prepared(kind, model, parsed, dataset, dataset_id, tuple(findings), origin.run_id, grid)

    def context(self, dataset: Dataset | None) -> ChoiceContext:
        """What settings can choose from here and now."""
        more = choices_here(
            self._home.path,
            [row.name for row in self._store.datasets.all() if row.state == "ready"],
            [name for _, name in self._store.experiments.names()],
        )
        if dataset is None:
            return ChoiceContext(**more)
        return dataset.choice_context(**more)

    def suggestion_context(self, dataset: Dataset) -> SuggestionContext:
        """What suggested settings are made from."""
        here = machine(self._home.path)
        train = dataset.manifest.table_of_role("train")
        return SuggestionContext(
            profile=dataset.profile(),
            train_rows=train.rows if train else 0,
            gpu_count=len(here.gpus),
            cores=here.cores,
            packaged_weights=tuple(self._weights.packaged()),
            is_hub_reachable=self._weights.hub() == "reachable",
            gpu_memory_bytes=min((gpu.memory_bytes for gpu in here.gpus), default=0),
        )

    def open_dataset(self, id_or_name: str) -> Dataset:
        """A ready dataset, under the name it has now.

        Raises:
            NotFoundError: if there is none of this name.
        """
        row = self._store.datasets.get(id_or_name)
        dataset = Dataset.open(self._home.dataset(row.id))
        return Dataset(dataset.folder, dataset.manifest.model_copy(update={"name": row.name}))

    def weights_source(self, values: Mapping[str, Any]) -> Source | None:
        """Where the pretrained weights of settings would come from, of several those of the first network.

        None if some would come from nowhere, or none are asked for.
        """
        wanted = [values.get(key) for key in network_keys(values) if values.get(pretrained_key(key))]
        sources = [self._weights.source(one) for one in wanted if isinstance(one, str)]
        return None if None in sources else next(iter(sources), None)

    def _weights_findings(self, settings: SettingsSchema, grid: Mapping[str, Any]) -> list[Finding]:
        values = settings.flat()
        is_trained = values.get("dataset.train_dataframe") is not None
        has_weights = bool(values.get("general.use_previous_experiment_weights"))
        if has_weights or not (is_trained or settings.is_useful_untrained):
            return []
        return [
            _missing_weights(settings, key, backbone)
            for key in network_keys(settings.fields())
            for backbone in grid.get(key) or [values.get(key)]
            if isinstance(backbone, str)
            # Of a model of the hub, the configuration is needed in any case, and of a text model the tokenizer.
            if values.get(pretrained_key(key)) or _needs_files(settings, key, backbone)
            if self._weights.source(backbone) is None
        ]

    def _dataset(self, name: str, kind: ProblemType) -> tuple[Dataset | None, str | None, list[Finding]]:
        if not name:
            fix = "Choose one of the imported datasets, or import one."
            return _no_dataset("no_dataset", "No dataset is chosen.", "none", "the name of a dataset", fix)
        try:
            row = self._store.datasets.get(name)
        except NotFoundError as error:
            return _no_dataset("not_here", error.message, name, "the name of a dataset", error.hint)
        if row.state != "ready":
            fix = "Wait until it is ready, or choose another one."
            return _no_dataset(
                "not_ready", f"The dataset {in_quotes(row.name)} is {row.state}.", row.state, "ready", fix
            )
        if row.problem_type != kind.id:
            message = f"The dataset {in_quotes(row.name)} was imported for {row.problem_type}."
            fix = "Import the data again for this problem type, or choose another dataset."
            return _no_dataset("other_problem_type", message, row.problem_type, kind.id, fix)
        return self.open_dataset(row.id), row.id, []


def _no_dataset(
    code: str, message: str, found: str, expected: str, fix: str
) -> tuple[Dataset | None, str | None, list[Finding]]:
    finding = Finding(code=code, path="general.dataset", message=message, found=found, expected=expected, fix=fix)
    return None, None, [finding]


def _applicable(kind: ProblemType, settings: SettingsSchema, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Without training the labels come with the model, so nothing is asked of the columns that hold them."""
    labels = {f"dataset.{role.name}" for role in kind.roles if not role.in_test}
    is_trained = settings.value("dataset.train_dataframe") is not None
    return (one for one in findings if is_trained or one.path not in labels)


def _needs_files(settings: SettingsSchema, key: str, backbone: str) -> bool:
    """Whether the network that `key` names is more than weights."""
    choices = settings.fields()[key].setting.choices
    if not isinstance(choices, Library):
        return False
    return choices.name == LIBRARY or (choices.with_hub_names and "/" in backbone)


def _present_backbones(settings: SettingsSchema, key: str) -> list[str]:
    """Suggested backbones whose weights can be installed, or that need none."""
    choices = settings.fields()[key].setting.choices
    suggested = choices.suggested if isinstance(choices, Library) else ()
    return [name for name in suggested if timm_name(name) in PACKAGED or name.startswith(SCRATCH)]


def _missing_weights(settings: SettingsSchema, key: str, backbone: str) -> Finding:
    present = _present_backbones(settings, key)
    choice = f"Choose {' or '.join(present)}, which need no hub" if present else "Connect to the hub"
    if _needs_files(settings, key, backbone):
        return Finding(
            code="weights_missing",
            path=key,
            message=f"The files of {backbone} are not on this machine, and the model hub cannot be reached.",
            found=backbone,
            expected="a model in a package, in the cache, in the weights folder, or on a hub that answers",
            fix=f"{choice}, or put the model's files into weights/{backbone} of the home.",
        )
    return Finding(
        code="weights_missing",
        path=pretrained_key(key),
        message=f"The pretrained weights of {backbone} are not on this machine, and the model hub cannot be reached.",
        found=backbone,
        expected="weights in a package, in the cache, or on a hub that answers",
        fix=f"{choice}, or switch {settings.fields()[pretrained_key(key)].setting.label} off.",
    )
