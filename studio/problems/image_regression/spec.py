"""Image regression, as the registry finds it."""

from studio.problems.composition import compose
from studio.problems.image_regression.example import make_example
from studio.problems.image_suggestions import pooled_image_changes
from studio.problems.inputs.image import IMAGE
from studio.problems.tasks.regression import REGRESSION

PROBLEM_TYPE = compose(
    "image_regression",
    "Image regression",
    "Predicts one or more numbers from an image.",
    input=IMAGE,
    task=REGRESSION,
    make_example=make_example,
    example_title="Discs and their diameters",
    suggest=pooled_image_changes,
)
