"""Whisper: an encoder that hears 30 seconds and a decoder that writes what is said."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Library
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.inputs.speech import WINDOW_SECONDS
from studio.settings.sections.tasks.generation import NumBeams
from studio.settings.sections.text import LIBRARY
from studio.settings.sections.training import layers_setting
from studio.settings.setting import ExperienceLevel, Setting

TINY = "openai/whisper-tiny.en"
SCRATCH_WHISPER = "scratch/whisper-mini"
"""A small architecture that comes with the studio, without weights; its tokenizer is trained on the dataset."""
BACKBONES = (
    "openai/whisper-base.en",
    TINY,
    "openai/whisper-base",
    "openai/whisper-tiny",
    "openai/whisper-small.en",
    "openai/whisper-small",
    "openai/whisper-medium.en",
    "openai/whisper-medium",
    "openai/whisper-large-v3",
    "openai/whisper-large-v3-turbo",
    "distil-whisper/distil-small.en",
    SCRATCH_WHISPER,
)
ENGLISH = "en"
ENGLISH_ONLY = ".en"
"""How the names of models end that know no other language."""
# fmt: off
Language = Literal[
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it", "id", "hi",
    "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur", "hr", "bg", "lt", "la",
    "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn", "et", "mk", "br", "eu", "is", "hy",
    "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si", "km", "sn", "yo", "so", "af", "oc", "ka", "be",
    "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl",
    "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue",
]
LANGUAGE_NAMES = (
    ("en", "English"), ("zh", "Chinese"), ("de", "German"), ("es", "Spanish"), ("ru", "Russian"), ("ko", "Korean"),
    ("fr", "French"), ("ja", "Japanese"), ("pt", "Portuguese"), ("tr", "Turkish"), ("pl", "Polish"),
    ("ca", "Catalan"), ("nl", "Dutch"), ("ar", "Arabic"), ("sv", "Swedish"), ("it", "Italian"),
    ("id", "Indonesian"), ("hi", "Hindi"), ("fi", "Finnish"), ("vi", "Vietnamese"), ("he", "Hebrew"),
    ("uk", "Ukrainian"), ("el", "Greek"), ("ms", "Malay"), ("cs", "Czech"), ("ro", "Romanian"), ("da", "Danish"),
    ("hu", "Hungarian"), ("ta", "Tamil"), ("no", "Norwegian"), ("th", "Thai"), ("ur", "Urdu"), ("hr", "Croatian"),
    ("bg", "Bulgarian"), ("lt", "Lithuanian"), ("la", "Latin"), ("mi", "Maori"), ("ml", "Malayalam"),
    ("cy", "Welsh"), ("sk", "Slovak"), ("te", "Telugu"), ("fa", "Persian"), ("lv", "Latvian"), ("bn", "Bengali"),
    ("sr", "Serbian"), ("az", "Azerbaijani"), ("sl", "Slovenian"), ("kn", "Kannada"), ("et", "Estonian"),
    ("mk", "Macedonian"), ("br", "Breton"), ("eu", "Basque"), ("is", "Icelandic"), ("hy", "Armenian"),
    ("ne", "Nepali"), ("mn", "Mongolian"), ("bs", "Bosnian"), ("kk", "Kazakh"), ("sq", "Albanian"),
    ("sw", "Swahili"), ("gl", "Galician"), ("mr", "Marathi"), ("pa", "Punjabi"), ("si", "Sinhala"), ("km", "Khmer"),
    ("sn", "Shona"), ("yo", "Yoruba"), ("so", "Somali"), ("af", "Afrikaans"), ("oc", "Occitan"), ("ka", "Georgian"),
    ("be", "Belarusian"), ("tg", "Tajik"), ("sd", "Sindhi"), ("gu", "Gujarati"), ("am", "Amharic"),
    ("yi", "Yiddish"), ("lo", "Lao"), ("uz", "Uzbek"), ("fo", "Faroese"), ("ht", "Haitian Creole"),
    ("ps", "Pashto"), ("tk", "Turkmen"), ("nn", "Nynorsk"), ("mt", "Maltese"), ("sa", "Sanskrit"),
    ("lb", "Luxembourgish"), ("my", "Myanmar"), ("bo", "Tibetan"), ("tl", "Tagalog"), ("mg", "Malagasy"),
    ("as", "Assamese"), ("tt", "Tatar"), ("haw", "Hawaiian"), ("ln", "Lingala"), ("ha", "Hausa"), ("ba", "Bashkir"),
    ("jw", "Javanese"), ("su", "Sundanese"), ("yue", "Cantonese"),
)
# fmt: on


class WhisperSection(SettingsSection):
    """Which Whisper, and which language it writes."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The Whisper model: any of the Hugging Face hub by name, a folder below the home's weights folder, "
            "or a small one to train from scratch. Names that end in .en know English alone.",
            choices=Library(LIBRARY, BACKBONES),
            grid=True,
            paper="https://arxiv.org/abs/2212.04356",
        ),
    ] = BACKBONES[0]
    language: Annotated[
        Language,
        Setting(
            label="Language",
            help="The language that is spoken. A multilingual model is told it and writes no other; Normalize text "
            "knows the spellings of English.",
            labels=LANGUAGE_NAMES,
            level=ExperienceLevel.SKILLED,
        ),
    ] = "en"


class WhisperWindowMixin(SettingsSection):
    """How much Whisper hears at once."""

    window_seconds: Annotated[
        float,
        Field(ge=1, le=WINDOW_SECONDS),
        Setting(
            label="Window seconds",
            help="How much the model hears at once; shorter recordings are filled up with silence. Published models "
            "were trained with 30 seconds. A shorter window takes proportionally less time; a few seconds more than "
            "most recordings have are enough. Longer recordings are left out of training, since nobody knows which "
            "words belong to a piece of them; the log lists their rows. Predictions read every recording to its end.",
            unit="s",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = WINDOW_SECONDS


class WhisperLayersMixin(SettingsSection):
    """Layer groups of an encoder with a decoder."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Encoder", "Decoder"], ...],
        layers_setting(". A lower rate for the encoder keeps what it has heard before"),
    ] = ()


class WhisperWritingMixin(SettingsSection):
    """How Whisper writes."""

    num_beams: NumBeams = 1
    max_length: Annotated[
        int,
        Field(ge=1, le=440),
        Setting(
            label="Max length",
            help="The maximum number of tokens written for a chunk. Thirty seconds of fast speech have about 200.",
            unit="tokens",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 224
    suppress_default_tokens: Annotated[
        bool,
        Setting(
            label="Suppress default tokens",
            help="Never write the tokens that Whisper suppresses by default: notes of music, brackets and other signs "
            "that nobody says.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    temperature_fallback: Annotated[
        bool,
        Setting(
            label="Temperature fallback",
            help="Write a chunk again with draws of rising temperature where the transcript repeats itself "
            "(compression ratio above 2.4) or the model is unsure of it (mean log probability below -1), and leave "
            "silence empty (probability of no speech above 0.6). It guards against invented sentences.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = True


def whisper_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """A language that the model does not know."""
    backbone, language = settings.value("architecture.backbone"), settings.value("architecture.language")
    if backbone.endswith(ENGLISH_ONLY) and language != ENGLISH:
        yield Finding(
            code="contradiction",
            path="architecture.language",
            message=f"{backbone} knows English alone.",
            found=dict(LANGUAGE_NAMES)[language],
            expected="English, or a model whose name does not end in .en",
            fix=f"Choose {backbone.removesuffix(ENGLISH_ONLY)}.",
        )
