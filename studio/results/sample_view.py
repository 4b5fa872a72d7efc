"""SampleView: one sample as a person looks at it, with truth and prediction. Drawn by one viewer in the browser."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from studio.results.prediction import HEIGHT, WIDTH


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MediaRef(_Payload):
    """A file to show: in the dataset's media folder, or written by the run."""

    kind: Literal["image", "audio"] = "image"
    origin: Literal["dataset", "run"] = "dataset"
    path: str
    """Relative to the dataset's `media/` or to the run's folder."""
    width: int | None = None
    """Pixels, after the orientation tag is applied. Boxes are in these pixels."""
    height: int | None = None


class LabelScore(_Payload):
    """A class or value and, for a prediction, its probability."""

    label: str
    score: float | None = None


class Box(_Payload):
    """An object's box in absolute pixels of the original image, x to the right, y down."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float
    label: str
    score: float | None = None
    match: Literal["correct", "wrong", "missed", "invented"] | None = None


class TextMark(_Payload):
    """A stretch of a text that is marked, or weighs in. Ends count Unicode code points, as Python does."""

    start: int
    end: int
    """Behind the last character."""
    label: str = ""
    role: Literal["truth", "prediction", "importance", "inserted", "missing"] = "truth"
    """`inserted` and `missing` are the differences of a generated text from its reference."""
    score: float | None = None
    """A probability; for `importance` from -1 (speaks against the answer) to 1 (speaks for it)."""
    match: Literal["correct", "wrong", "missed", "invented"] | None = None


class TextBlock(_Payload):
    """A text of a sample under its name, such as Question, with what is marked in it."""

    name: str
    text: str
    marks: tuple[TextMark, ...] = ()
    is_cut: bool = False
    """Whether the model sees only the beginning."""


class Neighbour(_Payload):
    """A row that is most like a sample."""

    row: int
    text: str = ""
    media: MediaRef | None = None
    label: str = ""
    similarity: float
    is_match: bool | None = None
    """Whether it has the sample's label; None where that is not known."""


class Annotation(_Payload):
    """What is true of a sample, or predicted for it. Only the parts its problem type has are filled."""

    labels: tuple[LabelScore, ...] = ()
    boxes: tuple[Box, ...] = ()
    text: str | None = None
    values: dict[str, float] = {}


class SampleView(_Payload):
    """One sample with truth, prediction and how wrong it was."""

    row: int
    """The row in the source table, from 1."""
    title: str
    media: MediaRef | None = None
    truth: Annotation | None = None
    prediction: Annotation | None = None
    loss: float | None = None
    scores: dict[str, float] = {}
    note: str = ""
    texts: tuple[TextBlock, ...] = ()
    """The texts of a sample that has no medium, in reading order."""
    neighbours: tuple[Neighbour, ...] = ()
    """The rows most like it, the nearest first."""
    heatmap: MediaRef | None = None
    """What in the medium speaks for the prediction: a grey image of the medium's shape, brighter for more."""


def image_ref(row: Mapping[str, Any], name: str, media_folder: str) -> MediaRef:
    """The image that a dataset's row names, with its size where the row knows it."""
    path = name if media_folder in ("", ".") else f"{media_folder}/{name}"
    width, height = row.get(WIDTH), row.get(HEIGHT)
    return MediaRef(path=path, width=int(width) if width else None, height=int(height) if height else None)
