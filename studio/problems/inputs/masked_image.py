"""Images of which every pixel is looked at: masks are cut, moved and mixed as the pixels are."""

from dataclasses import replace

from studio.problems.inputs.image import IMAGE
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.image_checks import channel_contradictions
from studio.settings.sections.inputs.boxed_image import BoxedImageTrainingSection
from studio.settings.sections.inputs.masked_image import MaskedImageSection, MaskMixSection, MaskViewsMixin

MASKED_IMAGE = replace(
    IMAGE,
    sections={"image": MaskedImageSection, "augmentation": MaskMixSection},
    mixed_sections={},
    architecture=ArchitectureSection,
    training=BoxedImageTrainingSection,
    views=(MaskViewsMixin,),
    contradictions=channel_contradictions,
)
