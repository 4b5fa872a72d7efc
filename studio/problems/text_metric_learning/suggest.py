"""The recipe that fits a dataset and machine."""

from collections.abc import Iterator

from studio.problems.contract import SuggestionContext
from studio.problems.text_suggestions import (
    backbone_changes,
    backbone_of,
    epochs_change,
    gentle_backbone,
    length_change,
    machine_changes,
)
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.text import MINILM

RATES = {"backbone": 3e-5, "head": 1e-3}
BATCH_SIZE = 32
DEFAULT_LENGTH = 128


def suggest(settings: SettingsSchema, context: SuggestionContext) -> tuple[SuggestedChange, ...]:
    """Changes against the defaults, each with its reason."""
    return tuple(_changes(settings, context))


def _changes(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    backbone = backbone_of(settings, context)
    yield from backbone_changes(backbone)
    yield from length_change("tokenizer.max_length", "text", context, DEFAULT_LENGTH)
    yield SuggestedChange("training.batch_size", BATCH_SIZE, "More labels in a batch to tell apart.")
    if backbone == MINILM:
        yield from gentle_backbone(["Backbone"], RATES)
    yield from epochs_change(backbone, context, BATCH_SIZE)
    yield from machine_changes(context)
