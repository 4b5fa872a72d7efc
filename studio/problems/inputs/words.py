"""Words: a column of a row holds a list of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studio.datasets.histograms import histogram
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.bio_tags import words_of
from studio.datasets.texts.tag_checks import TEXT as COLUMN
from studio.datasets.texts.tag_checks import check_words
from studio.datasets.texts.text_checks import base_table
from studio.datasets.texts.text_profile import text_profile
from studio.datasets.texts.text_role_inference import word_and_tag_columns
from studio.datasets.texts.text_views import text_view
from studio.on_demand import np
from studio.problems.composition import FoundInput
from studio.problems.contract import ColumnRole
from studio.problems.inputs.text import TEXT
from studio.results.sample_view import Annotation, SampleView, TextBlock
from studio.settings.sections.environment import EnvironmentSection
from studio.settings.sections.inputs.words import TokenTransformerSection, WordsDatasetSection, WordsTokenizerSection
from studio.settings.sections.text import TokenMaskSection
from studio.settings.sections.text_checks import text_contradictions


def find(view: TableView) -> FoundInput | None:
    """A column of lists of words, with as many tags in another one."""
    found = word_and_tag_columns(view)
    return None if found is None else FoundInput({COLUMN: found[0]}, (found[0],), f"{found[0]} holds words")


def check(inspection: Inspection) -> None:
    """Cells become lists of words; rows without any are dropped."""
    for role in inspection.frames:
        check_words(inspection, role)


def profile(inspection: Inspection) -> DatasetProfile:
    """How many words and tokens rows have."""
    column = str(inspection.roles[COLUMN])
    base = base_table(inspection, [column])
    words = [] if base is None else list(base[column])
    found = text_profile({"text": [" ".join(one) for one in words]}, {"text": "Text"})
    per_row = [len(one) for one in words]
    facts = {"words_per_row": float(np.mean(per_row)) if per_row else 0.0}
    histograms = [histogram("Words per row", "", per_row)] if per_row else []
    return found.model_copy(update={"facts": {**found.facts, **facts}, "histograms": (*histograms, *found.histograms)})


def view(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str, truth: Annotation | None) -> SampleView:
    """The words of a row as a text."""
    text = " ".join(words_of(row[str(roles[COLUMN])]))
    return text_view(row, [TextBlock(name=str(roles[COLUMN]), text=text)], truth)


WORDS = replace(
    TEXT,
    roles=(ColumnRole(COLUMN, "Text column", ("list", "text"), hint="a list of words"),),
    find=find,
    check=check,
    profile=profile,
    view=view,
    dataset=WordsDatasetSection,
    sections={"tokenizer": WordsTokenizerSection, "augmentation": TokenMaskSection},
    architecture=TokenTransformerSection,
    environment=EnvironmentSection,
    contradictions=text_contradictions,
)
