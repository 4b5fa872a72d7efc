"""Text sequence to sequence, as the registry finds it."""

from studio.datasets.importers.format import table_format
from studio.problems.contract import Category, ColumnRole, ModelType, ProblemType
from studio.problems.requirements import TEXT_SCORING
from studio.problems.text_sequence_to_sequence.example import make_example
from studio.problems.text_sequence_to_sequence.guess import guess
from studio.problems.text_sequence_to_sequence.inspection import find_label, inspect_rows, view_row
from studio.problems.text_sequence_to_sequence.settings import TextSequenceToSequenceSettings
from studio.problems.text_sequence_to_sequence.suggest import suggest
from studio.results.generation import GENERATION_METRICS, Panel
from studio.results.text import LENGTHS

PROBLEM_TYPE = ProblemType(
    id="text_sequence_to_sequence",
    title="Text sequence to sequence",
    category=Category.TEXT,
    description="Writes a text from another one, as in translations and summaries.",
    model_types=(ModelType(None, "Text sequence to sequence", TextSequenceToSequenceSettings),),
    roles=(
        ColumnRole("text_column", "Text column", ("text", "integer", "number"), hint="the texts to read"),
        ColumnRole(
            "label_columns", "Label columns", ("text", "integer", "number"), in_test=False, hint="the texts to write"
        ),
    ),
    dataset_formats=(table_format("Table of pairs", "A table with texts and the texts to write from them."),),
    metrics=GENERATION_METRICS,
    default_metric="BLEU",
    panels=(*Panel, LENGTHS),
    prediction_columns="pred_text with the written text",
    guess=guess,
    inspector=inspect_rows,
    suggest=suggest,
    make_example=make_example,
    example_title="Animals",
    view_row=view_row,
    find_label=find_label,
    media_role=None,
    medium=None,
    recipe="studio.problems.text_sequence_to_sequence.recipe:TextSequenceToSequenceRecipe",
    scoring_distributions=(*TEXT_SCORING, "sacrebleu"),
)
