"""Transcripts are compared in one form; that of English is Whisper's."""

import pytest
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from studio.modeling.transcription.normalization import normalizer_of, plain
from studio.problems.registry import problem_type

SETTINGS = problem_type("speech_recognition").model_type("whisper").settings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't GO, Mr. Smith!", "don't go mr smith"),
        ("  two\tblanks \n", "two blanks"),
        ("rock 'n' roll", "rock n roll"),
        ("l\u2019été — 1,5 €", "l'été 1 5"),
        ("\ufb01ne", "fine"),
        ("हिन्दी", "हिन्दी"),
        ("...", ""),
        ("", ""),
    ],
)
def test_plain_texts_keep_letters_digits_and_apostrophes_inside_words(text: str, expected: str) -> None:
    assert plain(text) == expected
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize("text", ["It's twenty-one dollars, Dr. Who.", "Um, I won't", "[music] hello", ""])
def test_english_is_normalized_as_whispers_authors_do(text: str) -> None:
    normalize = normalizer_of(SETTINGS())

    assert normalize(text) == " ".join(EnglishTextNormalizer({})(text).split())


def test_another_language_and_none_are_not_treated_as_english() -> None:
    german = SETTINGS.from_mapping({"architecture.backbone": "openai/whisper-base", "architecture.language": "de"})
    letters = problem_type("speech_recognition").model_type("wav2vec2").settings()

    assert normalizer_of(german)("Ein, zwei!") == "ein zwei"
    assert normalizer_of(letters)("Twenty one") == "twenty one"


def test_without_normalization_case_and_punctuation_count() -> None:
    as_written = SETTINGS.from_mapping({"prediction.normalize_text": False})

    assert normalizer_of(as_written)("Hello,  World.") == "Hello, World."
