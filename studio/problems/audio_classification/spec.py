"""Audio classification, as the registry finds it."""

from studio.problems.audio_classification.example import make_example
from studio.problems.audio_suggestions import audio_class_changes
from studio.problems.composition import compose
from studio.problems.inputs.audio import AUDIO
from studio.problems.tasks.classification import CLASSIFICATION

PROBLEM_TYPE = compose(
    "audio_classification",
    "Audio classification",
    "Predicts the class of a recording, or all labels that apply to it.",
    input=AUDIO,
    task=CLASSIFICATION,
    make_example=make_example,
    example_title="Tones, chirps and noise",
    suggest=audio_class_changes,
)
