"""Image classification, as the registry finds it."""

from studio.problems.composition import compose
from studio.problems.image_classification.example import make_example
from studio.problems.image_suggestions import pooled_image_changes
from studio.problems.inputs.image import IMAGE
from studio.problems.tasks.classification import CLASSIFICATION

PROBLEM_TYPE = compose(
    "image_classification",
    "Image classification",
    "Predicts the class of an image, or all labels that apply to it.",
    input=IMAGE,
    task=CLASSIFICATION,
    make_example=make_example,
    example_title="Shapes",
    suggest=pooled_image_changes,
)
