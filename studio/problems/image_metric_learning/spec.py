"""Image metric learning, as the registry finds it."""

from studio.problems.composition import compose
from studio.problems.image_metric_learning.example import make_example
from studio.problems.image_suggestions import pooled_image_changes
from studio.problems.inputs.image import IMAGE
from studio.problems.tasks.metric_learning import METRIC_LEARNING

PROBLEM_TYPE = compose(
    "image_metric_learning",
    "Image metric learning",
    "Maps images to vectors in which similar images are close, for search and clustering.",
    input=IMAGE,
    task=METRIC_LEARNING,
    make_example=make_example,
    example_title="Written signs",
    suggest=pooled_image_changes,
    defaults={
        "architecture.backbone": "tf_efficientnet_b0.ns_jft_in1k",
        "image.image_width": 512,
        "image.image_height": 512,
        "training.batch_size": 16,
    },
)
