"""Starts from a YAML: read, changed, checked and started in one request."""

from studio.server.schemas.catalogue import LoadedSettings, SettingsInput
from studio.server.schemas.experiments import ExperimentCreate, StartedExperiment, YamlStart
from studio.server.schemas.payload import SettingValue
from studio.server.services.catalogue import Catalogue
from studio.server.services.experiments import Experiments
from studio.settings.finding import Finding, SettingsError, blocking


class NotStartableError(SettingsError):
    """A configuration that was understood and cannot be started."""

    code = "not_startable"


class YamlStarts:
    """Experiments from configuration files."""

    def __init__(self, catalogue: Catalogue, experiments: Experiments) -> None:
        self._catalogue = catalogue
        self._experiments = experiments

    def start(self, body: YamlStart, key: str | None) -> StartedExperiment:
        """Start what a YAML with changes describes; gives what is worth knowing beside it.

        Raises:
            SettingsError: if nothing of the YAML can be understood.
            NotStartableError: with every finding, if something stands in the way.
            StudioError: as the start of an experiment.
        """
        loaded = self._catalogue.load(body.yaml)
        findings: list[Finding] = list(loaded.findings)
        settings = {**loaded.settings, **self._decided(loaded, body.changes), **body.changes}
        grid = {key: values for key, values in loaded.grid.items() if key not in body.changes}
        if not blocking(findings):
            asked = SettingsInput(
                problem_type=loaded.problem_type, model_type=loaded.model_type, settings=settings, grid=grid
            )
            findings.extend(self._catalogue.check(asked).findings)
        if blocking(findings):
            raise NotStartableError(findings)
        order = ExperimentCreate(
            problem_type=loaded.problem_type,
            model_type=loaded.model_type,
            name=body.name,
            settings=settings,
            grid=grid,
        )
        return StartedExperiment(experiment=self._experiments.create(order, key), findings=findings)

    def _decided(self, loaded: LoadedSettings, changes: dict[str, SettingValue]) -> dict[str, SettingValue]:
        """What the named dataset and this machine decide: a file of another tool knows nothing of datasets here."""
        dataset = changes.get("general.dataset")
        if not dataset or not (loaded.translated or loaded.not_applicable):
            return {}
        return self._catalogue.document(loaded.problem_type, loaded.model_type, str(dataset)).values
