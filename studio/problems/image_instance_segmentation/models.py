"""The kinds of model there are, with the settings that each alone has."""

from collections.abc import Iterator

from studio.problems.composition import ModelSpec
from studio.problems.tasks.segmentation import contradictions as loss_contradictions
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.inputs.masked_image import (
    MaskedImageSection,
    MaskMixSection,
    MaskViewsMixin,
    tiling_contradictions,
)
from studio.settings.sections.networks.mask_rcnn import MaskRcnnLayersMixin, MaskRcnnSection
from studio.settings.sections.networks.segmenter import SegmenterLayersMixin, SegmenterSection, segmenter_contradictions
from studio.settings.sections.tasks.instances import BoxSuppressionMixin
from studio.settings.sections.tasks.masks import MaskLossMixin


def unet_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """What does not go together where pixels are predicted before objects."""
    yield from tiling_contradictions(settings)
    yield from loss_contradictions(settings, context)
    yield from segmenter_contradictions(settings, context)


MODELS = (
    ModelSpec(
        "unet_components",
        "U-Net with border class and connected components",
        architecture=(SegmenterSection,),
        training=(MaskLossMixin, SegmenterLayersMixin),
        further={"image": (MaskedImageSection,), "augmentation": (MaskMixSection,), "prediction": (MaskViewsMixin,)},
        contradictions=unet_contradictions,
    ),
    ModelSpec(
        "mask_rcnn",
        "Mask R-CNN",
        architecture=(MaskRcnnSection,),
        training=(MaskRcnnLayersMixin,),
        further={"prediction": (BoxSuppressionMixin,)},
        recipe="studio.problems.image_instance_segmentation.recipe:MaskRcnnRecipe",
    ),
)
