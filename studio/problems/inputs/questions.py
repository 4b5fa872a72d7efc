"""Questions with contexts: two columns of texts, read together."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.answer_checks import CONTEXT, QUESTION
from studio.datasets.texts.text_checks import as_text, base_table, check_texts, joined_texts
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_role_inference import question_columns
from studio.datasets.texts.text_views import text_view
from studio.problems.composition import FoundInput
from studio.problems.contract import ColumnRole
from studio.problems.inputs.text import TEXT
from studio.results.sample_view import Annotation, SampleView, TextBlock
from studio.results.text import WINDOWS
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.environment import EnvironmentSection
from studio.settings.sections.inputs.questions import QuestionDatasetSection, QuestionTokenizerSection
from studio.settings.sections.text import TokenMaskSection, TransformerSection
from studio.settings.sections.text_checks import backbone_contradictions, missing_column

WORDS = {QUESTION: "question", CONTEXT: "context"}


def find(view: TableView) -> FoundInput | None:
    """Columns that are called so."""
    found = question_columns(view)
    if found is None:
        return None
    return FoundInput(
        {QUESTION: found.question, CONTEXT: found.context},
        (found.question, found.context),
        f"{found.question} and {found.context} are called like questions and their contexts",
    )


def check(inspection: Inspection) -> None:
    """Drop rows without a question or a context."""
    check_texts(inspection, _columns(inspection))


def profile(inspection: Inspection) -> DatasetProfile:
    """Lengths of both together, which share a window."""
    columns = _columns(inspection)
    base = base_table(inspection, columns)
    texts = [] if base is None else joined_texts(base, columns)
    return text_profile({"window": texts}, {"window": "Question and context"})


def view(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str, truth: Annotation | None) -> SampleView:
    """The question of a row, and its context."""
    question, context = (as_text(row.get(str(roles.get(name)))) or "" for name in (QUESTION, CONTEXT))
    return text_view(row, [TextBlock(name="Question", text=question), TextBlock(name="Context", text=context)], truth)


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Weights, columns, and windows that never move on."""
    yield from backbone_contradictions(settings)
    for name, word in WORDS.items():
        if context.columns and not settings.value(f"dataset.{name}"):
            yield missing_column(
                f"dataset.{name}", f"No {word} column is chosen.", f"Choose the column with the {word}."
            )
    stride, length = settings.value("tokenizer.doc_stride"), settings.value("tokenizer.max_length")
    if stride >= length:
        yield Finding(
            code="contradiction",
            path="tokenizer.doc_stride",
            message="Adjacent windows share at least as many tokens as a window has, so windows would never advance.",
            found=f"{stride} of {length} tokens",
            expected=f"below {length}, with room for the question",
            fix=f"Use {length // 4}.",
        )


def _columns(inspection: Inspection) -> list[str]:
    return [str(inspection.roles[name]) for name in (QUESTION, CONTEXT)]


QUESTIONS = replace(
    TEXT,
    roles=(
        ColumnRole(QUESTION, "Question column", ("text", "integer", "number"), hint="the questions"),
        ColumnRole(CONTEXT, "Context column", ("text",), hint="the texts that hold the answers"),
    ),
    find=find,
    check=check,
    profile=profile,
    view=view,
    dataset=QuestionDatasetSection,
    sections={"tokenizer": QuestionTokenizerSection, "augmentation": TokenMaskSection},
    architecture=TransformerSection,
    environment=EnvironmentSection,
    contradictions=contradictions,
    panels=(WINDOWS,),
)
