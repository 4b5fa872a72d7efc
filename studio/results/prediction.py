"""Predictions on disk: one table a split, samples for the page, and raw outputs.

predictions/<split>.csv, <split>.parquet   input columns kept, then the columns the problem type declares
predictions/<split>_raw.npz or .parquet    everything above no threshold
predictions/<split>_samples.parquet        columns below, for paging, sorting and filtering
predictions/<split>_samples.index          where the rows of a page are (see sample_index.py)
"""

from pydantic import BaseModel, ConfigDict

from studio.settings.finding import Finding

SAMPLE_COLUMNS = ("row", "title", "loss", "truth", "prediction", "correct", "confidence", "error", "view")
"""Columns of the samples table. `view` is the JSON of a SampleView; `truth` and `prediction` are short texts that
filters compare (empty where a sample has several); `correct` may be missing; sort keys
are row, loss, confidence and error, which tables of earlier versions lack."""

ROW = "__row"
"""The hidden column that carries the source row through every table."""
WIDTH = "__width"
HEIGHT = "__height"
"""Hidden columns of image datasets: pixels after the orientation tag."""
HIDDEN_COLUMNS = (ROW, WIDTH, HEIGHT)
MEDIA_PREFIX = "__media_"
"""Begins the names of further hidden columns, which readers of media write."""
DEPTH = f"{MEDIA_PREFIX}depth"
"""The hidden column of how many slices a sample has, where it has any."""


def is_hidden(column: str) -> bool:
    """Whether a column of a dataset's table is ours, and so appears in no prediction table."""
    return column in HIDDEN_COLUMNS or column.startswith(MEDIA_PREFIX)


class BaselineSummary(BaseModel):
    """What the same answer for every row reaches, and how far the model is from it on the same rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """What is predicted of every row: class frequencies, training mean."""
    metrics: dict[str, float]
    differences: dict[str, tuple[float, float]] = {}
    """The 95 % interval of the model's metric less the baseline's, of each metric that has one."""


class PredictionSummary(BaseModel):
    """What was written for one split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    split: str
    rows: int
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = {}
    """The 95 % interval of each metric that has one: none of fewer than 20 rows, nor where all resamples agree."""
    baseline: BaselineSummary | None = None
    files: tuple[str, ...]
    """Names relative to the run's folder."""
    columns: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    """What became of rows that could not be predicted or scored."""
