"""The recipe that fits a dataset and machine."""

import math
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

BATCH_SIZE = 16
DEFAULT_LENGTH = 128
TWO_ENCODERS_RATE = 3e-4
LEAST_UPDATES = 400
VALIDATIONS = 4
UNTRAINED = "This backbone has not learned to write yet."


def suggest(settings: SettingsSchema, context: SuggestionContext) -> tuple[SuggestedChange, ...]:
    """Changes against the defaults, each with its reason."""
    return tuple(_changes(settings, context))


def _changes(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    backbone = backbone_of(settings, context)
    yield from backbone_changes(backbone)
    yield from length_change("tokenizer.max_length", "text", context, DEFAULT_LENGTH)
    yield from length_change("tokenizer.label_max_length", "label", context, DEFAULT_LENGTH)
    yield from length_change("prediction.max_length", "label", context, DEFAULT_LENGTH)
    if backbone is not None:
        yield SuggestedChange("training.batch_size", BATCH_SIZE, "A small model takes larger batches in less time.")
        yield SuggestedChange("training.evaluate_before_training", False, UNTRAINED)
    if backbone == MINILM:
        reason = "The new cross-attention needs larger steps than pretrained layers do."
        yield SuggestedChange("training.learning_rate", TWO_ENCODERS_RATE, reason)
        yield SuggestedChange("training.warmup_epochs", 1.0, "A gentle start keeps the pretrained weights intact.")
    for change in epochs_change(backbone, context, BATCH_SIZE, least_updates=LEAST_UPDATES):
        yield change
        yield SuggestedChange(
            "training.evaluation_epochs",
            float(math.ceil(change.value / VALIDATIONS)),
            "Writing the texts of the validation rows takes longer than an epoch of training.",
        )
    yield from machine_changes(context)
