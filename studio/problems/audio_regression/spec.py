"""Audio regression, as the registry finds it."""

from studio.problems.audio_regression.example import make_example
from studio.problems.audio_suggestions import audio_changes
from studio.problems.composition import compose
from studio.problems.inputs.audio import AUDIO
from studio.problems.tasks.regression import REGRESSION

PROBLEM_TYPE = compose(
    "audio_regression",
    "Audio regression",
    "Predicts one or more numbers from a recording.",
    input=AUDIO,
    task=REGRESSION,
    make_example=make_example,
    example_title="Tones and their pitch",
    suggest=audio_changes,
)
