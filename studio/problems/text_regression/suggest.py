"""The recipe that fits a dataset and machine."""

from studio.problems.contract import SuggestionContext
from studio.problems.text_suggestions import pooled_changes
from studio.settings.schema import SettingsSchema, SuggestedChange

RATES = {"backbone": 2e-4, "head": 2e-3}
BATCH_SIZE = 16


def suggest(settings: SettingsSchema, context: SuggestionContext) -> tuple[SuggestedChange, ...]:
    """Changes against the defaults, each with its reason."""
    return tuple(pooled_changes(settings, context, rates=RATES, batch_size=BATCH_SIZE))
