"""Whether the images of a dataset can be read with the number of channels that is set."""

from collections.abc import Iterator, Sequence

from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SuggestedChange

KEY = "image.image_channels"
CHANNELS_FACT = "dataset.image_channels"
"""The numbers of channels as which every image of the dataset can be read, the likeliest first; empty if unknown."""


def channel_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """A finding if no image of the dataset has the channels that are set."""
    readable: Sequence[int] = context.facts.get(CHANNELS_FACT) or ()
    value = settings.value(KEY)
    if readable and value not in readable:
        yield Finding(
            code="contradiction",
            path=KEY,
            message=f"The images of this dataset cannot be read with {value} channels.",
            found=str(value),
            expected=" or ".join(map(str, readable)),
            fix=f"Use {readable[0]}.",
        )


def channel_suggestions(readable: Sequence[int], default: int = 3) -> Iterator[SuggestedChange]:
    """The channels of the dataset's images where the default cannot read them."""
    if readable and default not in readable:
        yield SuggestedChange(KEY, readable[0], f"The images of this dataset have {readable[0]} channels.")
