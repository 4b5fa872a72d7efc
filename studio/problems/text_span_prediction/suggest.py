"""The recipe that fits a dataset and machine."""

from collections.abc import Iterator

from studio.problems.contract import SuggestionContext
from studio.problems.text_suggestions import (
    backbone_changes,
    backbone_of,
    epochs_change,
    length_change,
    machine_changes,
)
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.text import MINILM

RATE = 3e-4
"""For backbone and answer layer alike. On 980 questions a rate ten times as high for the layer learned less."""
BATCH_SIZE = 16
DEFAULT_LENGTH = 256
LEAST_LENGTH = 128
"""Twice the tokens that windows share, so that a window always moves on."""
UNTRAINED = "This backbone has not learned to answer questions yet."


def suggest(settings: SettingsSchema, context: SuggestionContext) -> tuple[SuggestedChange, ...]:
    """Changes against the defaults, each with its reason."""
    return tuple(_changes(settings, context))


def _changes(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    backbone = backbone_of(settings, context)
    yield from backbone_changes(backbone)
    yield from length_change(
        "tokenizer.max_length", "window", context, DEFAULT_LENGTH, least=LEAST_LENGTH, may_grow=False
    )
    if backbone is not None:
        yield SuggestedChange("training.evaluate_before_training", False, UNTRAINED)
    if backbone == MINILM:
        yield SuggestedChange("training.learning_rate", RATE, "A small transformer that has to learn a new task.")
        yield SuggestedChange("training.warmup_epochs", 0.5, "A gentle start keeps the pretrained weights intact.")
    yield from epochs_change(backbone, context, BATCH_SIZE, least_updates=180)
    yield from machine_changes(context)
