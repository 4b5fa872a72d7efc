"""Text token classification, as the registry finds it."""

from collections.abc import Iterator

from studio.problems.composition import compose
from studio.problems.contract import SuggestionContext
from studio.problems.inputs.words import WORDS
from studio.problems.tasks.token_classification import TOKEN_CLASSIFICATION
from studio.problems.text_suggestions import (
    backbone_changes,
    backbone_of,
    epochs_change,
    gentle_backbone,
    length_change,
    machine_changes,
)
from studio.problems.text_token_classification.example import make_example
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.text import MINILM

RATES = {"backbone": 2e-4, "head": 2e-3}
BATCH_SIZE = 16


def suggest(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Changes against the defaults, each with its reason."""
    backbone = backbone_of(settings, context)
    yield from backbone_changes(backbone)
    yield from length_change("tokenizer.max_length", "text", context, settings.value("tokenizer.max_length"))
    if backbone == MINILM:
        yield from gentle_backbone(["Backbone"], RATES)
    yield SuggestedChange(
        "prediction.metric", "CONLL_MICRO_F1_SCORE", "Entities of several words are correct or wrong as a whole."
    )
    yield from epochs_change(backbone, context, BATCH_SIZE, least_updates=250)
    yield from machine_changes(context)


PROBLEM_TYPE = compose(
    "text_token_classification",
    "Text token classification",
    "Tags every word of a text, for example for named entities.",
    input=WORDS,
    task=TOKEN_CLASSIFICATION,
    make_example=make_example,
    example_title="Journeys",
    suggest=suggest,
)
