"""Images in which objects are looked for: larger ones, whose features keep their place."""

from dataclasses import replace

from studio.problems.inputs.image import IMAGE
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.augmentation import BoxMixSection
from studio.settings.sections.image_checks import channel_contradictions
from studio.settings.sections.inputs.boxed_image import BoxedImageSection, BoxedImageTrainingSection

BOXED_IMAGE = replace(
    IMAGE,
    sections={"image": BoxedImageSection, "augmentation": BoxMixSection},
    mixed_sections={},
    architecture=ArchitectureSection,
    training=BoxedImageTrainingSection,
    views=(),
    contradictions=channel_contradictions,
)
