"""Text regression, as the registry finds it."""

from collections.abc import Iterator

from studio.datasets.inspection import Inspection
from studio.datasets.labels.regression_checks import drop_outside_unit
from studio.datasets.texts.text_checks import columns_of
from studio.problems.composition import compose
from studio.problems.contract import SuggestionContext
from studio.problems.inputs.text import TEXT
from studio.problems.tasks.regression import REGRESSION
from studio.problems.text_regression.example import make_example
from studio.problems.text_suggestions import pooled_changes
from studio.settings.schema import SettingsSchema, SuggestedChange

RATES = {"backbone": 2e-4, "head": 2e-3}
BATCH_SIZE = 16
PAIR = 2


def suggest(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Changes against the defaults, each with its reason."""
    return pooled_changes(settings, context, rates=RATES, batch_size=BATCH_SIZE)


def check(inspection: Inspection) -> None:
    """The numbers of a pair of texts are usually shares."""
    if len(columns_of(inspection.roles.get("text_column"))) == PAIR:
        for column in columns_of(inspection.roles.get("label_columns")):
            drop_outside_unit(inspection, column)


PROBLEM_TYPE = compose(
    "text_regression",
    "Text regression",
    "Predicts one or more numbers from a text.",
    input=TEXT,
    task=REGRESSION,
    make_example=make_example,
    example_title="Starred reviews",
    suggest=suggest,
    check=check,
)
