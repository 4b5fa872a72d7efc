"""RunSpec: the self-sufficient order to a worker, a file. It can be run by hand: `python -m studio.training FOLDER`."""

from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from studio.files import read_json, write_json


class WorkerKind(StrEnum):
    """What a worker does: train, inspect a dataset, predict a table, answer single samples on a socket, or show what
    settings make of some rows."""

    TRAIN = "train"
    INSPECT = "inspect"
    PREDICT = "predict"
    ONLINE_INFERENCE = "answer"
    PREVIEW = "preview"


class InspectOrder(BaseModel):
    """What an inspect worker needs on top. Paths are relative to the run's folder or absolute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: str
    """Folder of the uploaded files."""
    tables: str
    """Folder of the tables: that of the files, or of what a converted format made of them."""
    target: str
    """The dataset's new folder, whose name is its id."""
    name: str
    choices: dict[str, Any]
    """Problem type, tables and the column of each role, as `studio.importing.scan_result.Choices`."""
    source: str = ""
    example_of: str = ""


class PredictOrder(BaseModel):
    """What a predict or answer worker needs on top."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: str
    """Folder of the model bundle, relative to the run's folder or absolute."""
    table: str = ""
    """Empty if there is none, and the files in `media` are predicted one by one."""
    media: str = ""
    table_name: str = ""
    """What its owner calls the table; empty if it is the name of the file."""
    columns: dict[str, list[str]] = {}
    """Role -> columns of the table, of roles whose columns had other names in training."""
    refuse_bad_rows: bool = False
    """Whether a row that cannot be predicted refuses the table, instead of getting no prediction."""


class RunSpec(BaseModel):
    """One run: a grid point x fold x seed, or an inspection, or a prediction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    kind: WorkerKind = WorkerKind.TRAIN
    run_id: str
    attempt: int = 1
    fence: int = 1
    """Rises with every attempt; a report with a lower one is refused."""
    problem_type: str
    model_type: str | None = None
    settings: dict[str, dict[str, Any]] = {}
    """Nested by section, as in YAML; complete."""
    dataset: str = ""
    """The dataset's folder, relative to the run's folder (so that a home can be moved) or absolute."""
    dataset_fingerprint: str = ""
    fold: str | None = None
    seed: int = -1
    devices: tuple[int, ...] = ()
    """GPU indexes from 0; none means CPU. While the run waits, those it may use; then those it has."""
    gpus_a_run: int = 1
    """How many of them it takes."""
    threads: int = 1
    resume: bool = False
    """Continue from the latest complete checkpoint, if there is one."""
    inspect: InspectOrder | None = None
    predict: PredictOrder | None = None
    start_weights: str = ""
    """Folder of the bundle whose weights training starts from, relative to the run's folder or absolute."""

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, values: Any) -> Any:
        """The order of an inspection once lay in the settings, and had no `tables` where they are among the files."""
        settings = values.get("settings") if isinstance(values, dict) else None
        if not isinstance(settings, dict) or not isinstance(settings.get("import"), dict):
            return values
        order = settings["import"]
        rest = {name: section for name, section in settings.items() if name != "import"}
        known = {"tables": order.get("files", ""), "name": "", "choices": {}, **order}
        return {**values, "settings": rest, "inspect": known}

    def paths(self) -> dict[str, str]:
        """Every folder and file that the order names, by what it is."""
        told = {"dataset": self.dataset, "start_weights": self.start_weights}
        if self.predict is not None:
            told |= {"bundle": self.predict.bundle, "table": self.predict.table, "media": self.predict.media}
        if self.inspect is not None:
            told |= {"files": self.inspect.files, "tables": self.inspect.tables, "target": self.inspect.target}
        return {name: path for name, path in told.items() if path}

    def write(self, folder: Path) -> None:
        """Write `spec.json` into a run folder, whole or not at all."""
        write_json(folder / "spec.json", self.model_dump(mode="json"))

    @classmethod
    def read(cls, folder: Path) -> "RunSpec":
        """The order in a run folder."""
        return cls.model_validate(read_json(folder / "spec.json"))

    def dataset_folder(self, run_folder: Path) -> Path:
        """The dataset's folder as a path."""
        return (run_folder / self.dataset).resolve()
