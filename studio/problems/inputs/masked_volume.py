"""Volumes of which every voxel is looked at: masks are cut, moved and mixed as the voxels are."""

from collections.abc import Iterator
from dataclasses import replace

from studio.problems.inputs.volume import VOLUME
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.inputs.masked_image import tiling_contradictions
from studio.settings.sections.inputs.masked_volume import (
    MaskedVolumeAugmentationSection,
    MaskedVolumeSection,
    MaskedVolumeViewsMixin,
)
from studio.settings.sections.inputs.volume import volume_contradictions


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Channels that no volume has, an encoder without a 3D form, and tiles beside a pipeline of the user's own."""
    yield from volume_contradictions(settings, context)
    yield from tiling_contradictions(settings)


MASKED_VOLUME = replace(
    VOLUME,
    sections={"image": MaskedVolumeSection, "augmentation": MaskedVolumeAugmentationSection},
    mixed_sections={},
    architecture=ArchitectureSection,
    views=(MaskedVolumeViewsMixin,),
    contradictions=contradictions,
)
