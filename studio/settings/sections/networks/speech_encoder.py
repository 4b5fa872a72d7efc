"""Speech encoders: transformers that learned from thousands of hours of speech, as backbones of recordings."""

from collections.abc import Iterator
from typing import Annotated

from studio.settings.choices import ChoiceContext
from studio.settings.condition import Test, When
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.inputs.speech import WINDOW_SECONDS
from studio.settings.sections.networks.wav2vec2 import SCRATCH_WAV2VEC2
from studio.settings.sections.networks.whisper import SCRATCH_WHISPER, TINY
from studio.settings.sections.text import SCRATCH
from studio.settings.setting import ExperienceLevel, Setting
from studio.settings.value_checks import warning

BACKBONE = "architecture.backbone"
SLASH = "/"
"""Names of the hub are owner/name; no architecture of timm has a slash."""
WHISPER_BASE = "openai/whisper-base"
SPEECH_ENCODERS = (
    TINY,
    WHISPER_BASE,
    "facebook/wav2vec2-base",
    "facebook/hubert-base-ls960",
    "microsoft/wavlm-base-plus",
    "facebook/data2vec-audio-base",
    SCRATCH_WHISPER,
    SCRATCH_WAV2VEC2,
)
MOST_SECONDS = WINDOW_SECONDS
"""The longest piece that is heard at once: all that Whisper has places for, and where attention gets expensive."""

_SPEECH = Test(BACKBONE, "contains", SLASH)
_SPECTROGRAM = Test(BACKBONE, "not_contains", SLASH)
OF_SPEECH = When(all=(_SPEECH,))
OF_SPECTROGRAMS = When(all=(_SPECTROGRAM,))
"""Shown where the backbone is a speech encoder, and where it looks at spectrograms."""


def of_spectrograms(rule: When) -> When:
    """The rule, where the backbone looks at spectrograms."""
    return When(all=(*rule.all, _SPECTROGRAM), any=rule.any)


FreezeEncoder = Annotated[
    bool,
    Setting(
        label="Freeze encoder",
        help="Keep the pretrained weights of the speech encoder as they are, and train only the layer on top. Much "
        "faster, and better with few recordings.",
        visible_if=OF_SPEECH,
        level=ExperienceLevel.SKILLED,
        grid=True,
    ),
]


def is_speech_encoder(backbone: str) -> bool:
    """Whether a backbone hears speech, rather than looks at spectrograms."""
    return SLASH in backbone


def speech_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Pieces that are longer than a speech encoder hears, and weights that do not exist or would never be learned."""
    backbone = settings.value(BACKBONE)
    if not is_speech_encoder(backbone):
        return
    shown = settings.visible()
    for key in ("audio.training_chunk_seconds", "prediction.inference_chunk_seconds",
                "prediction.max_inference_chunk_seconds"):  # fmt: skip
        if key in shown and settings.value(key) > MOST_SECONDS:
            yield Finding(
                code="contradiction",
                path=key,
                message=f"A speech encoder hears at most {MOST_SECONDS:g} seconds at once.",
                found=f"{settings.value(key):g} s",
                expected=f"at most {MOST_SECONDS:g} s",
                fix=f"Set it to {MOST_SECONDS:g} or less. Longer recordings are read in several pieces.",
            )
    is_pretrained = settings.value("architecture.pretrained")
    if is_pretrained and backbone.startswith(SCRATCH):
        yield warning(
            "architecture.pretrained",
            "no_weights",
            f"{backbone} has no pretrained weights, so it trains from random weights on your rows only.",
            "Turn Pretrained off, or choose a pretrained backbone.",
            found=f"Pretrained with {backbone}",
            expected="a backbone that has pretrained weights",
        )
    if settings.value("architecture.freeze_encoder") and (not is_pretrained or backbone.startswith(SCRATCH)):
        yield warning(
            "architecture.freeze_encoder",
            "frozen_random",
            "The encoder has random weights and is frozen, so it never learns to hear.",
            "Turn Freeze encoder off, or choose a pretrained encoder.",
            found="frozen random weights",
            expected="pretrained weights, or weights that are trained",
        )
