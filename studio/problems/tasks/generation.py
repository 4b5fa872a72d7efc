"""Generation: a text to write for every row."""

from collections.abc import Iterator, Mapping
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.format import table_format
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_checks import as_column_of_texts, as_text, base_table, drop_empty, joined_texts
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_role_inference import TARGET_WORDS, has_word, prose_columns, source_and_target_columns
from studio.datasets.texts.text_views import shown_text
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.results.generation import GENERATION_METRICS, Panel
from studio.results.sample_view import TextAnnotation
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding, FindingLevel
from studio.settings.schema import SettingsSchema
from studio.settings.sections.losses import TokenLossMixin
from studio.settings.sections.tasks.generation import (
    WritingMixin,
    WrittenLengthMixin,
    WrittenTextMixin,
)
from studio.settings.sections.text_checks import truncation

SOURCE, LABEL = "text_column", "label_columns"
LABELED: tuple[TableRole, ...] = ("train", "validation", "test")


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """Another column of prose; likelier where it is called like a target, and where there are but two."""
    columns = source_and_target_columns(view)
    if columns is None:
        return None
    target, is_pair = columns[1], len(prose_columns(view)) == 2
    is_named = has_word(target, TARGET_WORDS)
    confidence = (0.9 if is_pair else 0.7) if is_named else 0.6 if is_pair else 0.4
    return FoundLabels({LABEL: target}, confidence, (f"{target} holds another text for each of them",))


def inspect(inspection: Inspection) -> DatasetProfile:
    """Check the texts to write, and gather the facts of their lengths."""
    source, target = str(inspection.roles.get(SOURCE)), str(inspection.roles.get(LABEL))
    for role in LABELED:
        frame = inspection.frames.get(role)
        if frame is not None and target in frame.columns:
            as_column_of_texts(inspection, role, target)
            drop_empty(inspection, role, target, code="no_label")
            _note_copies(inspection, role, source, target)
    base = base_table(inspection, [source])
    texts = [] if base is None else joined_texts(base, [target])
    return text_profile({"label": texts}, {"label": "Target text"}).model_copy(update={"task": "generation"})


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> TextAnnotation | None:
    """The text to write of a row."""
    target = as_text(row.get(str(roles.get(LABEL))))
    return None if target is None else shown_text(target, ())


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Texts to write that are cut."""
    key = "tokenizer.label_max_length"
    yield from truncation(context, "label", key, settings.value(key))


def _note_copies(inspection: Inspection, role: TableRole, source: str, target: str) -> None:
    frame = inspection.frames[role]
    same = frame.index[frame[source] == frame[target]]
    if len(same):
        inspection.note(
            role,
            FindingLevel.WARNING,
            "copied_target",
            target,
            f"{len(same)} targets are the text itself, so the model learns to copy.",
            "Leave these rows out, or choose the column with the text to write.",
            same,
            found=listed(frame.loc[same, target].head(20), 1),
            expected="a target that is not its text",
        )


GENERATION = TaskSpec(
    roles=(
        ColumnRole(LABEL, "Label columns", ("text", "integer", "number"), in_test=False, hint="the texts to write"),
    ),
    table_hint="the texts to write from them",
    formats=(table_format("Table of pairs", "A table with texts and the texts to write from them."),),
    find=find,
    inspect=inspect,
    truth=truth,
    dataset=(WrittenTextMixin,),
    training=(TokenLossMixin,),
    after_metric=(WritingMixin,),
    further={"tokenizer": (WrittenLengthMixin,)},
    metrics=GENERATION_METRICS,
    default_metric="BLEU",
    panels=tuple(Panel),
    prediction_columns="pred_text with the written text",
    contradictions=contradictions,
    scoring_distributions=("sacrebleu",),
)
