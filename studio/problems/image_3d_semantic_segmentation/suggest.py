"""The recipe that fits a dataset and machine; measured on brain tumours, see the README."""

from collections.abc import Iterator

from studio.problems.contract import SuggestionContext
from studio.problems.volume_suggestions import volume_changes
from studio.settings.schema import SettingsSchema, SuggestedChange


def suggest(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Changes against the defaults, each with its reason."""
    yield from volume_changes(settings, context)
