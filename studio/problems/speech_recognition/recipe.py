"""How to train and score speech recognition: with Whisper or with Wav2vec2."""

from studio.modeling.speech.ctc_input import CtcInput
from studio.modeling.speech.whisper_input import WhisperInput
from studio.modeling.transcription.ctc_recipe import CtcRecipe
from studio.modeling.transcription.task import TranscriptionTask
from studio.modeling.transcription.whisper_recipe import WhisperRecipe


class SpeechRecognitionRecipe(WhisperRecipe):
    """An encoder that hears and a decoder that writes."""

    input_class = WhisperInput
    task_class = TranscriptionTask


class Wav2vec2Recipe(CtcRecipe):
    """An encoder that says which character is heard at every moment."""

    input_class = CtcInput
    task_class = TranscriptionTask
