"""3D image semantic segmentation, as the registry finds it."""

from studio.problems.composition import ModelSpec, compose
from studio.problems.image_3d_semantic_segmentation.example import make_example
from studio.problems.image_3d_semantic_segmentation.suggest import suggest
from studio.problems.inputs.masked_volume import MASKED_VOLUME
from studio.problems.tasks.segmentation import SEGMENTATION
from studio.settings.sections.networks.volume_segmenter import VolumeSegmenterLayersMixin, VolumeSegmenterSection

WEIGHTS = {f"training.{part}_weight": 1.0 for part in ("bce", "dice", "focal", "lovasz")}
"""Parts of combined losses count alike, as in the original."""

PROBLEM_TYPE = compose(
    "image_3d_semantic_segmentation",
    "3D image semantic segmentation",
    "Says of every voxel of a volume which classes it belongs to.",
    input=MASKED_VOLUME,
    task=SEGMENTATION,
    models=(ModelSpec(architecture=(VolumeSegmenterSection,), training=(VolumeSegmenterLayersMixin,)),),
    make_example=make_example,
    example_title="Masks of balls and rods",
    suggest=suggest,
    defaults=WEIGHTS,
    recipe="studio.problems.image_3d_semantic_segmentation.recipe:Image3dSemanticSegmentationRecipe",
)
