"""Text span prediction, as the registry finds it."""

from collections.abc import Iterator

from studio.problems.composition import ModelSpec, compose
from studio.problems.contract import SuggestionContext
from studio.problems.inputs.questions import QUESTIONS
from studio.problems.tasks.span_prediction import SPAN_PREDICTION
from studio.problems.text_span_prediction.example import make_example
from studio.problems.text_suggestions import (
    backbone_changes,
    backbone_of,
    epochs_change,
    length_change,
    machine_changes,
)
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.networks.answerer import AnswererBackboneMixin, AnswererLayersMixin
from studio.settings.sections.text import MINILM

RATE = 3e-4
"""For backbone and answer layer alike. On 980 questions a rate ten times as high for the layer learned less."""
BATCH_SIZE = 16
LEAST_LENGTH = 128
"""Twice the tokens that windows share, so that a window always moves on."""
UNTRAINED = "This backbone was not pretrained to answer questions."


def suggest(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Changes against the defaults, each with its reason."""
    backbone = backbone_of(settings, context)
    yield from backbone_changes(backbone)
    key = "tokenizer.max_length"
    yield from length_change(key, "window", context, settings.value(key), least=LEAST_LENGTH, may_grow=False)
    if backbone is not None:
        yield SuggestedChange("training.evaluate_before_training", False, UNTRAINED)
    if backbone == MINILM:
        yield SuggestedChange("training.learning_rate", RATE, "A small transformer that has to learn a new task.")
        yield SuggestedChange("training.warmup_epochs", 0.5, "A warm-up preserves the pretrained weights.")
    yield from epochs_change(backbone, context, BATCH_SIZE, least_updates=180)
    yield from machine_changes(context)


PROBLEM_TYPE = compose(
    "text_span_prediction",
    "Text span prediction",
    "Finds the span of a text that answers a question.",
    input=QUESTIONS,
    task=SPAN_PREDICTION,
    models=(
        ModelSpec(architecture=(AnswererBackboneMixin,), training=(AnswererLayersMixin,), is_useful_untrained=True),
    ),
    make_example=make_example,
    example_title="Who did what",
    suggest=suggest,
    defaults={"training.evaluate_before_training": True},
)
