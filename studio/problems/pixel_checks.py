"""Checks of settings where pixels are predicted before anything is made of them."""

from collections.abc import Iterator

from studio.problems.tasks.segmentation import contradictions as loss_contradictions
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.inputs.masked_image import tiling_contradictions
from studio.settings.sections.networks.segmenter import segmenter_contradictions


def pixel_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Tiles, losses and decoders that do not go together."""
    yield from tiling_contradictions(settings)
    yield from loss_contradictions(settings, context)
    yield from segmenter_contradictions(settings, context)
