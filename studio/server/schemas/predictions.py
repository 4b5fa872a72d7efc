"""Predictions on new data."""

from typing import Annotated

from pydantic import Field

from studio.runs.state import RunState
from studio.server.schemas.columns import ColumnTexts
from studio.server.schemas.errors import ErrorDetail
from studio.server.schemas.experiments import NamedId
from studio.server.schemas.payload import Name, Payload
from studio.settings.finding import Finding


class PredictionCreate(Payload):
    """Which model, on what: an experiment or one of its runs; a dataset's table, an upload or a path."""

    experiment: str | None = None
    run: Annotated[int, Field(ge=1)] | None = None
    """The number of the experiment's run, from 1; without one, the best finished run is taken."""
    run_id: str | None = None
    name: Name | None = None
    dataset_id: str | None = None
    table: str | None = None
    upload_id: str | None = None
    path: str | None = None
    """A file or folder of this machine that may be imported from."""
    columns: dict[str, ColumnTexts] = {}
    """Role -> column of the table (several where the role takes several), where it is not that of training."""
    refuse_bad_rows: bool = False
    """Whether a row that cannot be predicted refuses the table; else it gets no prediction, and a finding says so."""


class Prediction(Payload):
    """Predictions of one model on one table."""

    id: str
    name: str
    experiment: NamedId
    run_id: str
    run: int | None
    """The number of the run in its experiment, from 1; null if the experiment is gone."""
    problem_type: str
    dataset: NamedId | None
    table: str
    state: RunState
    progress: float
    rows: int
    metrics: dict[str, float | None]
    metric: str | None = None
    """The one that its experiment is judged by; null if the run is gone."""
    intervals: dict[str, tuple[float, float]]
    """The 95 % interval of each metric that has one."""
    error: ErrorDetail | None
    created: float
    ended: float | None
    findings: list[Finding]
