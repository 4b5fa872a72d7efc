"""3D image classification, as the registry finds it."""

from studio.problems.composition import compose
from studio.problems.image_3d_classification.example import make_example
from studio.problems.inputs.volume import VOLUME
from studio.problems.tasks.classification import CLASSIFICATION
from studio.problems.volume_suggestions import volume_changes

PROBLEM_TYPE = compose(
    "image_3d_classification",
    "3D image classification",
    "Predicts the class of a volume, or all labels that apply to it.",
    input=VOLUME,
    task=CLASSIFICATION,
    make_example=make_example,
    example_title="Spheres, cubes and rods",
    suggest=volume_changes,
    recipe="studio.problems.image_3d_classification.recipe:Image3dClassificationRecipe",
)
