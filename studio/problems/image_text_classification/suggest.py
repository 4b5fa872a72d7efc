"""Suggested settings: what each half needs on this machine, and rates for both."""

from collections.abc import Iterator

from studio.problems.contract import SuggestionContext
from studio.problems.image_suggestions import PACKAGED, image_machine_changes
from studio.problems.text_suggestions import backbone_changes, backbone_of, epochs_change, length_change
from studio.settings.part_settings import changes_of_part, settings_of_part
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.text import MINILM, SCRATCH

SMALL_ROWS = 5000
RATES = {"encoders": 2e-4, "head": 2e-3}
BATCH_SIZE = 16
LEAST_EPOCHS = 6


def suggest(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Changes against the defaults, each with its reason."""
    reason = "A small network whose pretrained weights are installed."
    yield from changes_of_part(image_machine_changes(context, PACKAGED, reason, side=160), "image")
    backbone = backbone_of(settings_of_part(settings, "text"), context)
    changes = (one for one in backbone_changes(backbone) if one.key.startswith("architecture."))
    yield from changes_of_part(changes, "text")
    yield from length_change("tokenizer.max_length", "text", context, settings.value("tokenizer.max_length"))
    if backbone == MINILM:
        reason = "MiniLM was trained with the average of its tokens."
        yield SuggestedChange("architecture.text_pool", "Average", reason)
    if context.train_rows < SMALL_ROWS:
        yield from _gentle_encoders(is_text_pretrained=not (backbone or "").startswith(SCRATCH))
        yield from epochs_change(None, context, BATCH_SIZE, least_epochs=LEAST_EPOCHS)


def _gentle_encoders(*, is_text_pretrained: bool) -> Iterator[SuggestedChange]:
    """A low rate for what is pretrained, a higher one for what is new."""
    encoders = ["Image encoder", "Text encoder"] if is_text_pretrained else ["Image encoder"]
    reason = "With few rows, pretrained encoders get a lower learning rate than the new layers."
    yield SuggestedChange("training.differential_learning_rate_layers", encoders, reason)
    yield SuggestedChange("training.differential_learning_rate", RATES["encoders"], reason)
    yield SuggestedChange("training.learning_rate", RATES["head"], reason)
    yield SuggestedChange("training.warmup_epochs", 0.5, "A warm-up preserves the pretrained weights.")
