"""Speech recognition, as the registry finds it."""

from studio.problems.composition import ModelSpec, compose
from studio.problems.inputs.speech import SPEECH
from studio.problems.speech_recognition.example import make_example
from studio.problems.speech_suggestions import speech_changes
from studio.problems.tasks.transcription import TRANSCRIPTION
from studio.settings.sections.networks.wav2vec2 import (
    CtcDecodingMixin,
    TrainingSecondsMixin,
    Wav2vec2LayersMixin,
    Wav2vec2Section,
)
from studio.settings.sections.networks.whisper import (
    WhisperLayersMixin,
    WhisperSection,
    WhisperWindowMixin,
    WhisperWritingMixin,
    whisper_contradictions,
)

WHISPER = ModelSpec(
    id="whisper",
    title="Whisper",
    architecture=(WhisperSection,),
    training=(WhisperLayersMixin,),
    further={"audio": (WhisperWindowMixin,), "prediction": (WhisperWritingMixin,)},
    contradictions=whisper_contradictions,
    is_useful_untrained=True,
)
WAV2VEC2 = ModelSpec(
    id="wav2vec2",
    title="Wav2vec2",
    architecture=(Wav2vec2Section,),
    training=(Wav2vec2LayersMixin,),
    further={"audio": (TrainingSecondsMixin,), "prediction": (CtcDecodingMixin,)},
    is_useful_untrained=True,
    recipe="studio.problems.speech_recognition.recipe:Wav2vec2Recipe",
)

PROBLEM_TYPE = compose(
    "speech_recognition",
    "Speech recognition",
    "Writes down what is said in a recording.",
    input=SPEECH,
    task=TRANSCRIPTION,
    models=(WHISPER, WAV2VEC2),
    make_example=make_example,
    example_title="Names of notes",
    suggest=speech_changes,
)
