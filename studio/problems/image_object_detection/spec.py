"""Image object detection, as the registry finds it."""

from studio.problems.composition import compose
from studio.problems.image_object_detection.example import make_example
from studio.problems.image_object_detection.models import MODELS
from studio.problems.image_object_detection.suggest import suggest
from studio.problems.inputs.boxed_image import BOXED_IMAGE
from studio.problems.tasks.detection import DETECTION

PROBLEM_TYPE = compose(
    "image_object_detection",
    "Image object detection",
    "Finds objects in an image: a box, a class and a confidence for each.",
    input=BOXED_IMAGE,
    task=DETECTION,
    models=MODELS,
    make_example=make_example,
    example_title="Circles and squares",
    suggest=suggest,
    scoring_distributions=("effdet", "omegaconf"),
)
