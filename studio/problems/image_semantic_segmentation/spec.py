"""Image semantic segmentation, as the registry finds it."""

from studio.problems.composition import ModelSpec, compose
from studio.problems.image_semantic_segmentation.example import make_example
from studio.problems.image_semantic_segmentation.suggest import suggest
from studio.problems.inputs.masked_image import MASKED_IMAGE
from studio.problems.tasks.segmentation import SEGMENTATION
from studio.settings.sections.networks.segmenter import SegmenterLayersMixin, SegmenterSection, segmenter_contradictions

PROBLEM_TYPE = compose(
    "image_semantic_segmentation",
    "Image semantic segmentation",
    "Says of every pixel of an image which classes it belongs to.",
    input=MASKED_IMAGE,
    task=SEGMENTATION,
    models=(
        ModelSpec(
            architecture=(SegmenterSection,),
            training=(SegmenterLayersMixin,),
            contradictions=segmenter_contradictions,
        ),
    ),
    make_example=make_example,
    example_title="Masks of discs and squares",
    suggest=suggest,
    scoring_distributions=("segmentation-models-pytorch",),
)
