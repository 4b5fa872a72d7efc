"""Transcription: the words that are said, for every row."""

from collections.abc import Mapping
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_checks import as_column_of_texts, as_text, base_table, drop_empty, joined_texts
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_role_inference import has_word, transcript_columns
from studio.datasets.texts.text_views import shown_text
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.results.sample_view import TextAnnotation
from studio.results.transcription import TRANSCRIPTION_METRICS, Panel
from studio.settings.sections.dataset import UnlabeledMixin
from studio.settings.sections.tasks.transcription import NormalizedTextMixin, TranscriptMixin

LABEL = "label_columns"
LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
NAMES = ("transcript", "transcription", "sentence", "utterance")
"""What columns of transcripts are called, and nothing else is."""


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """A column of words beside the inputs; surest where it is called a transcript."""
    columns = transcript_columns(view, found.columns)
    if not columns:
        return None
    column = columns[0]
    confidence = 0.95 if has_word(column, NAMES) else 0.85
    return FoundLabels({LABEL: column}, confidence, (f"{column} holds what is said in them",))


def inspect(inspection: Inspection) -> DatasetProfile:
    """Leave out rows without a transcript, and gather the facts of their lengths."""
    column = str(inspection.roles.get(LABEL))
    for role in LABELED:
        frame = inspection.frames.get(role)
        if frame is not None and column in frame.columns:
            as_column_of_texts(inspection, role, column)
            drop_empty(inspection, role, column, code="no_label")
    base = base_table(inspection, [column])
    texts = [] if base is None else joined_texts(base, [column])
    return text_profile({"label": texts}, {"label": "Transcript"}).model_copy(update={"task": "transcription"})


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> TextAnnotation | None:
    """The transcript of a row."""
    text = as_text(row.get(str(roles.get(LABEL))))
    return None if text is None else shown_text(text, ())


TRANSCRIPTION = TaskSpec(
    roles=(
        ColumnRole(LABEL, "Label columns", ("text", "integer", "number"), in_test=False, hint="what is said in them"),
    ),
    table_hint="what is said in them",
    find=find,
    inspect=inspect,
    truth=truth,
    dataset=(TranscriptMixin, UnlabeledMixin),
    training=(),
    after_metric=(NormalizedTextMixin,),
    metrics=TRANSCRIPTION_METRICS,
    default_metric="WER",
    panels=tuple(Panel),
    prediction_columns="pred_text with the transcript, pred_text_normalized as it is compared, and how sure it is",
    has_mixed_labels=False,
)
