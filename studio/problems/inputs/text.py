"""Texts: one or more columns of a row, read as one sequence."""

from collections.abc import Iterator, Mapping
from typing import Any

from studio.datasets.importers.format import DatasetFormat, table_format
from studio.datasets.importers.labelled_texts import LABELLED_TEXTS
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_checks import base_table, check_texts, columns_of, joined_texts
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_role_inference import prose_columns
from studio.datasets.texts.text_views import text_blocks, text_view
from studio.problems.composition import FoundInput, InputSpec, TaskSpec
from studio.problems.contract import Category, ColumnRole
from studio.problems.requirements import TEXT_SCORING
from studio.results.sample_view import Annotation, SampleView
from studio.results.text import LENGTHS
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.environment import CachedEnvironmentSection
from studio.settings.sections.interpretations import INTEGRATED_GRADIENTS, TextInterpretationsMixin
from studio.settings.sections.logging import TextLoggingSection
from studio.settings.sections.text import (
    PaddedTokenizerSection,
    PooledTransformerSection,
    TextDatasetSection,
    TextTrainingSection,
    TokenMaskSection,
)
from studio.settings.sections.text_checks import text_contradictions, truncation

PROSE = 0.95
"""How sure a column of prose is an input, where a column that names files is sure."""


def formats(task: TaskSpec) -> tuple[DatasetFormat, ...]:
    """Plain tables; where labels are classes, what annotation tools export."""
    table = table_format("Table of texts", f"A table with a column of texts and {task.table_hint}.")
    return (table, LABELLED_TEXTS) if task.has_classes else (table,)


def find(view: TableView) -> FoundInput | None:
    """A column of prose."""
    texts = prose_columns(view)
    if not texts:
        return None
    return FoundInput({"text_column": (texts[0],)}, tuple(texts), f"{texts[0]} holds texts", PROSE)


def check(inspection: Inspection) -> None:
    """Drop rows without a text."""
    check_texts(inspection, columns_of(inspection.roles.get("text_column")))


def profile(inspection: Inspection) -> DatasetProfile:
    """Lengths of the texts."""
    columns = columns_of(inspection.roles.get("text_column"))
    base = base_table(inspection, columns)
    return text_profile({"text": joined_texts(base, columns) if base is not None else []}, {"text": "Text"})


def view(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str, truth: Annotation | None) -> SampleView:
    """The texts of a row."""
    return text_view(row, text_blocks(row, roles.get("text_column")), truth)


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Columns, weights, and texts that are cut."""
    yield from text_contradictions(settings, context)
    yield from truncation(context, "text", "tokenizer.max_length", settings.value("tokenizer.max_length"))


TEXT = InputSpec(
    category=Category.TEXT,
    roles=(
        ColumnRole(
            "text_column",
            "Text column",
            ("text", "integer", "number", "boolean"),
            is_many=True,
            hint="the texts; several columns are joined",
        ),
    ),
    formats=formats,
    find=find,
    check=check,
    profile=profile,
    view=view,
    dataset=TextDatasetSection,
    sections={"tokenizer": PaddedTokenizerSection, "augmentation": TokenMaskSection},
    mixed_sections={},
    architecture=PooledTransformerSection,
    training=TextTrainingSection,
    interpretations=TextInterpretationsMixin,
    views=(),
    environment=CachedEnvironmentSection,
    logging=TextLoggingSection,
    contradictions=contradictions,
    explanation=INTEGRATED_GRADIENTS,
    scoring_distributions=TEXT_SCORING,
    panels=(LENGTHS,),
)
