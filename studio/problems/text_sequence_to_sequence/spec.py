"""Text sequence to sequence, as the registry finds it."""

import math
from collections.abc import Iterator

from studio.problems.composition import ModelSpec, compose
from studio.problems.contract import SuggestionContext
from studio.problems.inputs.source_text import SOURCE_TEXT
from studio.problems.tasks.generation import GENERATION
from studio.problems.text_sequence_to_sequence.example import make_example
from studio.problems.text_suggestions import (
    backbone_changes,
    backbone_of,
    epochs_change,
    length_change,
    machine_changes,
    scratch_changes,
)
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.networks.translator import TranslatorBackboneMixin, TranslatorLayersMixin
from studio.settings.sections.text import MINILM, SCRATCH_TRANSLATORS

BATCH_SIZE = 16
TWO_ENCODERS_RATE = 3e-4
LEAST_UPDATES = 400
VALIDATIONS = 4
SCRATCH_RATE = 3e-3
"""On 2,500 pairs of facts and sentences, 8 epochs gave BLEU 32 in two and a half minutes."""
SMALL = "Without a GPU and the model hub, a small model trained from scratch is faster than fine-tuning a large one."
UNTRAINED = "This backbone was not pretrained to generate text."
SLOW = "Generating the validation texts takes longer than a training epoch."
LENGTHS = {"tokenizer.max_length": "text", "tokenizer.label_max_length": "label", "prediction.max_length": "label"}
"""Limits of tokens, and which texts they are for."""


def suggest(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Changes against the defaults, each with its reason."""
    is_small = context.gpu_count == 0 and not context.is_hub_reachable
    backbone = SCRATCH_TRANSLATORS[0] if is_small else backbone_of(settings, context)
    if is_small:
        yield from scratch_changes(SCRATCH_TRANSLATORS[0], SMALL, SCRATCH_RATE)
    else:
        yield from backbone_changes(backbone)
    for key, part in LENGTHS.items():
        yield from length_change(key, part, context, settings.value(key))
    if backbone is not None:
        yield SuggestedChange("training.batch_size", BATCH_SIZE, "A small model takes larger batches in less time.")
        yield SuggestedChange("training.evaluate_before_training", False, UNTRAINED)
    if backbone == MINILM:
        reason = "The new cross-attention needs larger steps than pretrained layers do."
        yield SuggestedChange("training.learning_rate", TWO_ENCODERS_RATE, reason)
        yield SuggestedChange("training.warmup_epochs", 1.0, "A warm-up preserves the pretrained weights.")
    for change in epochs_change(backbone, context, BATCH_SIZE, least_updates=LEAST_UPDATES):
        yield change
        yield SuggestedChange("training.evaluation_epochs", float(math.ceil(change.value / VALIDATIONS)), SLOW)
    yield from machine_changes(context)


PROBLEM_TYPE = compose(
    "text_sequence_to_sequence",
    "Text sequence to sequence",
    "Generates a text from another text, as in translation and summarization.",
    input=SOURCE_TEXT,
    task=GENERATION,
    models=(
        ModelSpec(architecture=(TranslatorBackboneMixin,), training=(TranslatorLayersMixin,), is_useful_untrained=True),
    ),
    make_example=make_example,
    example_title="Animals",
    suggest=suggest,
    defaults={"training.batch_size": 4, "training.evaluate_before_training": True},
)
