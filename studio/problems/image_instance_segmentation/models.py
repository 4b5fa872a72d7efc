"""The kinds of model there are, with the settings that each alone has."""

from studio.problems.composition import ModelSpec
from studio.problems.pixel_checks import pixel_contradictions
from studio.settings.sections.inputs.masked_image import MaskedImageSection, MaskMixSection, MaskViewsMixin
from studio.settings.sections.networks.mask_rcnn import MaskRcnnLayersMixin, MaskRcnnSection
from studio.settings.sections.networks.segmenter import SegmenterLayersMixin, SegmenterSection
from studio.settings.sections.tasks.instances import BoxSuppressionMixin
from studio.settings.sections.tasks.masks import MaskLossMixin

MODELS = (
    ModelSpec(
        "unet_components",
        "U-Net with border class and connected components",
        architecture=(SegmenterSection,),
        training=(MaskLossMixin, SegmenterLayersMixin),
        further={"image": (MaskedImageSection,), "augmentation": (MaskMixSection,), "prediction": (MaskViewsMixin,)},
        contradictions=pixel_contradictions,
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
