"""Source texts: one column of texts, from which others are written."""

from dataclasses import replace

from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_role_inference import source_and_target_columns
from studio.problems.composition import FoundInput
from studio.problems.contract import ColumnRole
from studio.problems.inputs.text import TEXT
from studio.settings.sections.text import (
    SingleTextDatasetSection,
    TokenizerSection,
    TokenMaskSection,
    TransformerSection,
)


def find(view: TableView) -> FoundInput | None:
    """A column of prose beside another one."""
    found = source_and_target_columns(view)
    return None if found is None else FoundInput({"text_column": found[0]}, (found[0],), f"{found[0]} holds texts")


SOURCE_TEXT = replace(
    TEXT,
    roles=(ColumnRole("text_column", "Text column", ("text", "integer", "number"), hint="the texts to read"),),
    find=find,
    dataset=SingleTextDatasetSection,
    sections={"tokenizer": TokenizerSection, "augmentation": TokenMaskSection},
    architecture=TransformerSection,
)
