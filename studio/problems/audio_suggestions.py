"""What suggestions of problems with recordings have in common."""

import math
from collections.abc import Iterator

from studio.datasets.media.audio_part import AudioPart
from studio.problems.contract import SuggestionContext
from studio.problems.image_suggestions import PACKAGED
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.networks.speech_encoder import MOST_SECONDS, WHISPER_BASE
from studio.settings.sections.networks.whisper import TINY

SMALL_ROWS = 5000
LEAST_UPDATES = 600
"""On 480 spoken digits, 240 updates at a rate of 1e-3 reached a test accuracy of 0.961, 600 at 2e-3 one of 0.983."""
RATE = 2e-3
MOST_EPOCHS = 40
BATCH_SIZE = 16
FROZEN_EPOCHS = 10
FROZEN_RATE = 5e-3
GENTLE_EPOCHS = 8
GENTLE_RATE = 1e-4
"""On 480 spoken digits, Whisper tiny.en reached a test accuracy of 0.989 frozen, and of 0.994 at this rate. Whisper
base, which knows many languages, reached 0.967 frozen."""
MOST_SECONDS_AN_EPOCH = 1000.0
"""Of sound that a processor learns from in minutes; a GPU in no time."""


def audio_changes(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """A backbone that is here, loudness that does not matter, and gentle rates where rows are few."""
    on_cpu = context.gpu_count == 0
    yield SuggestedChange(
        "audio.spectrogram_normalization",
        "Per sample",
        "Each recording is read at its own loudness, so that the distance to the microphone matters less.",
    )
    if PACKAGED in context.packaged_weights and (on_cpu or not context.is_hub_reachable):
        reason = "A small network whose pretrained weights are installed."
        yield SuggestedChange("architecture.backbone", PACKAGED, reason)
    yield from _workers(context)
    if context.train_rows < SMALL_ROWS:
        reason = "With few recordings, masked times and frequencies keep the network from learning them by heart."
        yield SuggestedChange("augmentation.augmentations_strategy", "Medium", reason)
        yield SuggestedChange("training.batch_size", BATCH_SIZE, "Smaller batches give more updates per epoch.")
        yield SuggestedChange("training.learning_rate", RATE, "Small batches of few rows learn well at this rate.")
        yield SuggestedChange("training.warmup_epochs", 1.0, "A warm-up preserves the pretrained weights.")
        epochs = math.ceil(LEAST_UPDATES * BATCH_SIZE / max(1, context.train_rows))
        yield SuggestedChange("training.epochs", max(6, min(epochs, MOST_EPOCHS)), "Few rows need more epochs.")


def audio_class_changes(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """With few recordings a speech encoder, if one is installed: most recordings that get a class are spoken."""
    present = [name for name in (TINY, WHISPER_BASE) if name in context.packaged_weights]
    if not present or context.train_rows >= SMALL_ROWS:
        yield from audio_changes(settings, context)
        return
    yield SuggestedChange(
        "architecture.backbone",
        present[0],
        "With few recordings, an encoder that learned from thousands of hours of speech tells more apart than a "
        f"network that learned from images. Where nobody speaks, compare it with a network such as {PACKAGED}.",
    )
    yield from _workers(context)
    yield SuggestedChange("training.batch_size", BATCH_SIZE, "Smaller batches give more updates per epoch.")
    seconds = context.train_rows * min(context.profile.part(AudioPart).long_seconds, MOST_SECONDS)
    if context.gpu_count or seconds <= MOST_SECONDS_AN_EPOCH:
        yield SuggestedChange("training.learning_rate", GENTLE_RATE, "Pretrained transformers take small steps.")
        yield SuggestedChange("training.warmup_epochs", 1.0, "A warm-up preserves the pretrained weights.")
        yield SuggestedChange("training.epochs", GENTLE_EPOCHS, "Few rows need more epochs.")
        return
    reason = "Training all of it would take long on a processor; the layer on top takes little."
    yield SuggestedChange("architecture.freeze_encoder", True, reason)
    yield SuggestedChange("training.learning_rate", FROZEN_RATE, "One layer alone learns well at a high rate.")
    yield SuggestedChange("training.epochs", FROZEN_EPOCHS, "Few rows need more epochs.")


def _workers(context: SuggestionContext) -> Iterator[SuggestedChange]:
    if context.gpu_count == 0:
        yield SuggestedChange("environment.number_of_workers", min(2, context.cores), "One per core.")
