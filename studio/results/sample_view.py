"""SampleView: one sample as a person looks at it, with truth and prediction. Drawn by one viewer in the browser."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studio.results.untagged_views import tagged


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MediaRef(_Payload):
    """A file to show: in the dataset's media folder, or written by the run."""

    kind: str
    """The name of its medium, as the reader in `datasets/media/readers/` has it."""
    origin: Literal["dataset", "run"] = "dataset"
    path: str
    """Relative to the dataset's `media/` or to the run's folder."""
    width: int | None = None
    """Pixels, after the orientation tag is applied. Boxes are in these pixels."""
    height: int | None = None
    depth: int | None = None
    """Slices of a volume; its other sides are in voxels."""
    seconds: float | None = None
    """Of a recording."""
    spacing: tuple[float, float, float] | None = None
    """Millimetres between voxels along (depth, height, width)."""
    orientation: str = ""
    """Where columns, rows and slices point, such as LPS: left, posterior, superior."""


Match = Literal["correct", "wrong_class", "false_negative", "false_positive"]
"""How a true or predicted box or span compares with the other side; `wrong_class` where the place is right."""


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
    match: Match | None = None


class TextSpan(_Payload):
    """A stretch of one of the sample's texts. Ends count Unicode code points, as Python does."""

    block: int = 0
    """Which of the sample's texts, from 0."""
    start: int
    end: int
    """Behind the last character."""
    label: str = ""
    score: float | None = None
    match: Match | None = None


class TextMark(_Payload):
    """A stretch of a text that weighs in or differs. Ends count Unicode code points, as Python does."""

    start: int
    end: int
    """Behind the last character."""
    role: Literal["importance", "inserted", "missing"]
    """`inserted` and `missing` are the differences of a generated text from its reference."""
    score: float | None = None
    """For `importance`, from -1 (against the prediction) to 1 (for it)."""


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


class Mask(_Payload):
    """The pixels of a class."""

    label: str
    runs: str
    """Run lengths `start length ...`, counted from 1 along the first axis: down the columns of an image, through the
    slices of a volume; empty for no pixel."""
    iou: float | None = None
    """Of a prediction with truth: intersection over union with the true pixels of the class."""


class Instance(_Payload):
    """The pixels of one object."""

    label: str
    runs: str
    """Run lengths as those of a `Mask`."""
    score: float | None = None
    """Confidence of a prediction."""
    match: Match | None = None
    iou: float | None = None
    """Of a prediction that is matched: intersection over union with its true object."""


class LabelAnnotation(_Payload):
    """One or more classes; of a prediction with probabilities, the predicted ones first."""

    kind: Literal["labels"] = "labels"
    labels: tuple[LabelScore, ...] = ()


class ValueAnnotation(_Payload):
    """Numbers by the name of their column."""

    kind: Literal["values"] = "values"
    values: dict[str, float] = {}


class BoxAnnotation(_Payload):
    """Objects in an image."""

    kind: Literal["boxes"] = "boxes"
    boxes: tuple[Box, ...] = ()


class MaskAnnotation(_Payload):
    """Pixels of classes in an image, or voxels in a volume. Classes may overlap."""

    kind: Literal["masks"] = "masks"
    width: int | None = None
    """Of the grid that runs are counted in, which lies over the whole image; None for the pixels of the image."""
    height: int | None = None
    depth: int | None = None
    """Of the grid of a volume; None for an image."""
    masks: tuple[Mask, ...] = ()


class InstanceAnnotation(_Payload):
    """Objects in an image, each with a mask of its own. They may overlap."""

    kind: Literal["instances"] = "instances"
    width: int | None = None
    """As of a `MaskAnnotation`."""
    height: int | None = None
    instances: tuple[Instance, ...] = ()


class SpanAnnotation(_Payload):
    """Stretches of the sample's texts, such as entities, or the places of an answer."""

    kind: Literal["spans"] = "spans"
    spans: tuple[TextSpan, ...] = ()
    answer: str | None = None
    """Where a question is answered: the answer in words, empty if there is none. The spans are then the places of the
    answers, the likeliest first."""


class TextAnnotation(_Payload):
    """A text of its own: one to write, or one that was generated."""

    kind: Literal["text"] = "text"
    text: str
    marks: tuple[TextMark, ...] = ()
    """Where it differs from the text on the other side."""


class AlignedWord(_Payload):
    """A word of a transcript, or one that it lacks."""

    text: str
    """As it is written; empty for a word that is lacking."""
    match: Literal["correct", "substituted", "inserted", "deleted"] | None = None
    """How it compares with the reference; None where that is not known."""
    reference: str = ""
    """What is said in place of a substituted word, or where one is lacking."""
    start: float | None = None
    """Seconds from the beginning of the recording; None where the model does not tell."""
    end: float | None = None


class TranscriptAnnotation(_Payload):
    """What is said in a recording, word by word, compared with the truth where that is known."""

    kind: Literal["transcript"] = "transcript"
    text: str
    words: tuple[AlignedWord, ...] = ()
    """In the order in which they are said, with those that are lacking in between."""
    shown_seconds: float | None = None
    """Where only so much of the recording is shown, with the words in it; None for all of it."""


class NeighbourAnnotation(_Payload):
    """The rows most like the sample, the nearest first."""

    kind: Literal["neighbours"] = "neighbours"
    neighbours: tuple[Neighbour, ...] = ()


Annotation = Annotated[
    LabelAnnotation
    | ValueAnnotation
    | BoxAnnotation
    | MaskAnnotation
    | InstanceAnnotation
    | SpanAnnotation
    | TextAnnotation
    | TranscriptAnnotation
    | NeighbourAnnotation,
    Field(discriminator="kind"),
]
"""What is true of a sample, or predicted for it. A new kind is a class here and a renderer in the page's
`frontend/src/samples/registry.ts`."""


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
    heatmap: MediaRef | None = None
    """What in the medium explains the prediction: a grey image of the medium's shape, brighter for more."""

    @model_validator(mode="before")
    @classmethod
    def _read_untagged(cls, data: Any) -> Any:
        return tagged(data) if isinstance(data, dict) else data


def media_path(name: str, media_folder: str) -> str:
    """The path below `media/` of a file that a row names."""
    return name if media_folder in ("", ".") else f"{media_folder}/{name}"
