"""Image instance segmentation, as the registry finds it."""

from studio.problems.composition import compose
from studio.problems.image_instance_segmentation.example import make_example
from studio.problems.image_instance_segmentation.models import MODELS
from studio.problems.image_instance_segmentation.suggest import suggest
from studio.problems.inputs.masked_image import OBJECT_MASK_IMAGE
from studio.problems.tasks.instance_segmentation import INSTANCE_SEGMENTATION

PROBLEM_TYPE = compose(
    "image_instance_segmentation",
    "Image instance segmentation",
    "Finds objects in an image: a mask, a class and a confidence for each.",
    input=OBJECT_MASK_IMAGE,
    task=INSTANCE_SEGMENTATION,
    models=MODELS,
    make_example=make_example,
    example_title="Touching discs and squares",
    suggest=suggest,
    scoring_distributions=("segmentation-models-pytorch",),
    recipe="studio.problems.image_instance_segmentation.recipe:UnetComponentsRecipe",
)
