"""Volumes of which every voxel is looked at: masks are cut, moved and mixed as the voxels are."""

from dataclasses import replace

from studio.problems.inputs.volume import VOLUME
from studio.settings.sections.architecture import ArchitectureSection
from studio.settings.sections.inputs.masked_volume import (
    MaskedVolumeAugmentationSection,
    MaskedVolumeSection,
    MaskedVolumeViewsMixin,
    masked_volume_contradictions,
)

MASKED_VOLUME = replace(
    VOLUME,
    sections={"image": MaskedVolumeSection, "augmentation": MaskedVolumeAugmentationSection},
    mixed_sections={},
    architecture=ArchitectureSection,
    views=(MaskedVolumeViewsMixin,),
    contradictions=masked_volume_contradictions,
)
