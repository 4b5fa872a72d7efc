"""Images of which every pixel is looked at: masks are cut, moved and mixed as the pixels are."""

from collections.abc import Iterator
from dataclasses import replace

from studio.problems.inputs.image import IMAGE
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.augmentation import STRATEGY, BoxMixSection
from studio.settings.sections.image_checks import channel_contradictions
from studio.settings.sections.inputs.boxed_image import BoxedImageTrainingSection
from studio.settings.sections.inputs.masked_image import (
    MaskedImageSection,
    MaskMixSection,
    MaskViewsMixin,
    ObjectMaskImageSection,
)


def tile_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Tiles beside a pipeline of the user's own, which sees whole images."""
    if settings.value("image.tiling") != "Off" and settings.value(STRATEGY) == "Custom":
        yield Finding(
            code="contradiction",
            path="image.tiling",
            message="Custom augmentations see whole images, and tiles are cut before.",
            found="Automatic with Custom",
            expected="Off, or a strategy other than Custom",
            fix="Use Off, or Soft, Medium or Hard as augmentations strategy.",
        )


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Channels that no image has, and tiles where they cannot be."""
    yield from channel_contradictions(settings, context)
    yield from tile_contradictions(settings, context)


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
