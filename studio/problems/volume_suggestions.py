"""What suggestions of problems with volumes have in common."""

import math
from collections.abc import Iterator

from studio.datasets.media.volume_part import VolumePart
from studio.problems.contract import SuggestionContext
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.inputs.volume import CLIP, CLIP_HIGHEST, CLIP_LOWEST, volume_channel_suggestions

MOST_VOXELS_A_SIDE = 128
ON_CPU = 64
STEP = 8
SMALL_ROWS = 1000
LEAST_UPDATES = 400
MOST_EPOCHS = 60
SMALL_ENCODER = "resnet10t"
CLIPPED = ("0.5", "99.5")
EXTREME = 1.5
"""So many times wider than the range of the percentiles is one that extreme values stretch."""


def volume_changes(
    settings: SettingsSchema, context: SuggestionContext, *, updates: int = LEAST_UPDATES
) -> Iterator[SuggestedChange]:
    """Channels, a size and a range that fit the volumes, an encoder that is here, and gentle training of few rows.

    Few rows are gone through until there are so many updates.
    """
    yield from reading_changes(context)
    on_cpu = context.gpu_count == 0
    most = ON_CPU if on_cpu else MOST_VOXELS_A_SIDE
    for name in ("width", "height", "depth"):
        median = float(context.profile.facts.get(f"median_{name}") or 0)
        if median:
            side = max(STEP, min(most, STEP * round(median / STEP)))
            if side != settings.value(f"image.image_{name}"):
                limit = ", no larger than a run without a GPU takes." if on_cpu else "."
                reason = f"The size of these volumes{limit}"
                yield SuggestedChange(f"image.image_{name}", side, reason)
    yield from encoder_changes(context)
    if context.train_rows < SMALL_ROWS:
        batch_size = int(settings.value("training.batch_size"))
        yield SuggestedChange("training.warmup_epochs", 1.0, "A warm-up keeps the first updates small.")
        epochs = math.ceil(updates * batch_size / max(1, context.train_rows))
        yield SuggestedChange("training.epochs", max(10, min(epochs, MOST_EPOCHS)), "Few rows need more epochs.")


def reading_changes(context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Channels, range and scale of the values."""
    part = context.profile.part(VolumePart)
    yield from volume_channel_suggestions(part.readable_channels)
    if not part.are_bytes and part.shapes:
        reason = "Values are not whole numbers from 0 to 255, so each volume is scaled by its own range."
        yield SuggestedChange("image.image_normalization", "Min_Max", reason)
    low, high = (part.percentiles.get(share, 0.0) for share in CLIPPED)
    if high > low and part.highest - part.lowest > EXTREME * (high - low):
        reason = (
            f"Values go from {part.lowest:g} to {part.highest:g}, and 99 % of a volume's lie between {low:g} and "
            f"{high:g}: the few others would take most of the range."
        )
        yield SuggestedChange(CLIP, True, reason)
        yield SuggestedChange(CLIP_LOWEST, low, "The 0.5th percentile, median of all volumes.")
        yield SuggestedChange(CLIP_HIGHEST, high, "The 99.5th percentile, median of all volumes.")


def encoder_changes(context: SuggestionContext) -> Iterator[SuggestedChange]:
    """An encoder that is here, and a process a core that reads volumes."""
    on_cpu = context.gpu_count == 0
    if on_cpu or not context.is_hub_reachable:
        reason = "A small encoder that learns volumes from random weights, which needs no download."
        yield SuggestedChange("architecture.encoder", SMALL_ENCODER, reason)
        yield SuggestedChange("architecture.pretrained", False, reason)
    if on_cpu:
        yield SuggestedChange("environment.number_of_workers", min(2, context.cores), "One per core.")
