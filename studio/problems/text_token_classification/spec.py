"""Text token classification, as the registry finds it."""

from studio.datasets.importers.conll import CONLL
from studio.datasets.importers.format import table_format
from studio.datasets.importers.text_spans import TEXT_SPANS
from studio.problems.contract import Category, ColumnRole, ModelType, ProblemType
from studio.problems.requirements import TEXT_SCORING
from studio.problems.text_token_classification.example import make_example
from studio.problems.text_token_classification.guess import guess
from studio.problems.text_token_classification.inspection import find_label, inspect_rows, view_row
from studio.problems.text_token_classification.settings import TextTokenClassificationSettings
from studio.problems.text_token_classification.suggest import suggest
from studio.results.tagging import TAGGING_METRICS, Panel
from studio.results.text import LENGTHS

PROBLEM_TYPE = ProblemType(
    id="text_token_classification",
    title="Text token classification",
    category=Category.TEXT,
    description="Gives every word of a text a tag, such as the parts of names.",
    model_types=(ModelType(None, "Text token classification", TextTokenClassificationSettings),),
    roles=(
        ColumnRole("text_column", "Text column", ("list", "text"), hint="a list of words"),
        ColumnRole(
            "label_columns", "Label columns", ("list", "text"), in_test=False, hint="a list of tags, one a word"
        ),
    ),
    dataset_formats=(
        table_format("Table with lists of words", "A table with a list of words and a list of tags a row."),
        CONLL,
        TEXT_SPANS,
    ),
    metrics=TAGGING_METRICS,
    default_metric="MICRO_F1_SCORE",
    panels=(*Panel, LENGTHS),
    prediction_columns="lists: pred_label with a tag for every word, pred_probability with how sure it is, pred_spans "
    "with the entities",
    guess=guess,
    inspector=inspect_rows,
    suggest=suggest,
    make_example=make_example,
    example_title="Journeys",
    view_row=view_row,
    find_label=find_label,
    media_role=None,
    medium=None,
    recipe="studio.problems.text_token_classification.recipe:TextTokenClassificationRecipe",
    scoring_distributions=TEXT_SCORING,
)
