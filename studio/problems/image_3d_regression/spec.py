"""3D image regression, as the registry finds it."""

from studio.problems.composition import compose
from studio.problems.image_3d_regression.example import make_example
from studio.problems.image_3d_regression.suggest import suggest
from studio.problems.inputs.volume import VOLUME
from studio.problems.tasks.regression import REGRESSION

PROBLEM_TYPE = compose(
    "image_3d_regression",
    "3D image regression",
    "Predicts one or more numbers from a volume.",
    input=VOLUME,
    task=REGRESSION,
    make_example=make_example,
    example_title="Balls and their volumes",
    suggest=suggest,
    recipe="studio.problems.image_3d_regression.recipe:Image3dRegressionRecipe",
)
