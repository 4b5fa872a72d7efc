"""Image and text classification, as the registry finds it."""

from studio.problems.composition import ModelSpec, compose
from studio.problems.image_text_classification.example import make_example
from studio.problems.image_text_classification.suggest import suggest
from studio.problems.inputs.image_text import IMAGE_TEXT
from studio.problems.tasks.classification import CLASSIFICATION
from studio.settings.sections.inputs.image_text import ImageTextLayersMixin

PROBLEM_TYPE = compose(
    "image_text_classification",
    "Image and text classification",
    "Predicts the class of an image with its texts, or all labels that apply to them.",
    input=IMAGE_TEXT,
    task=CLASSIFICATION,
    make_example=make_example,
    example_title="Shapes with remarks",
    suggest=suggest,
    models=(ModelSpec(training=(ImageTextLayersMixin,)),),
)
