"""The recipe that fits a dataset and machine."""

from studio.problems.contract import SuggestionContext
from studio.problems.text_suggestions import pooled_changes
from studio.settings.schema import SettingsSchema, SuggestedChange

RATES = {"backbone": 3e-5, "head": 1e-3}
"""With 1e-4 for the backbone, recall at 1 was 0.973 on unseen intents; with 3e-5, 0.975."""
BATCH_SIZE = 32


def suggest(settings: SettingsSchema, context: SuggestionContext) -> tuple[SuggestedChange, ...]:
    """Changes against the defaults, each with its reason."""
    batches = SuggestedChange("training.batch_size", BATCH_SIZE, "More labels in a batch to tell apart.")
    return (batches, *pooled_changes(settings, context, rates=RATES, batch_size=BATCH_SIZE))
