"""Images of which every pixel is looked at: masks are cut, moved and mixed as the pixels are."""

from collections.abc import Iterator
from dataclasses import replace

from studio.problems.inputs.image import IMAGE
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.augmentation import BoxMixSection
from studio.settings.sections.image_checks import channel_contradictions
from studio.settings.sections.inputs.boxed_image import BoxedImageTrainingSection
from studio.settings.sections.inputs.masked_image import (
    MaskedImageSection,
    MaskMixSection,
    MaskViewsMixin,
    ObjectMaskImageSection,
    tiling_contradictions,
)


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Channels that no image has, and tiles where they cannot be."""
    yield from channel_contradictions(settings, context)
    yield from tiling_contradictions(settings)


MASKED_IMAGE = replace(
    IMAGE,
    sections={"image": MaskedImageSection, "augmentation": MaskMixSection},
    mixed_sections={},
    architecture=ArchitectureSection,
    training=BoxedImageTrainingSection,
    views=(MaskViewsMixin,),
    contradictions=contradictions,
)

OBJECT_MASK_IMAGE = replace(
    MASKED_IMAGE,
    sections={"image": ObjectMaskImageSection, "augmentation": BoxMixSection},
    views=(),
    contradictions=channel_contradictions,
)
"""Images in which objects have a mask each; tiles and mirrored views are for models that give pixels."""
