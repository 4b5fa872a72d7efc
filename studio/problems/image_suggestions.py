"""What suggestions of image problems have in common; measured in `benchmarks/quality.py`."""

import math
from collections.abc import Iterator

from studio.datasets.media.image_part import ImagePart
from studio.problems.contract import SuggestionContext
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.image_checks import channel_suggestions

SMALL_ROWS = 5000
TINY_ROWS = 200
LEAST_UPDATES = 90
"""On 41 rows, 6 epochs of batch 32 are 6 updates (ROC AUC 0.73); 20 of batch 8 are 100 (0.83)."""
MOST_EPOCHS = 40
PACKAGED = "tf_efficientnet_lite0"


def image_machine_changes(
    context: SuggestionContext, backbone: str, reason: str, *, side: int
) -> Iterator[SuggestedChange]:
    """Channels that fit, a backbone with the packaged weights where others are out of reach; without a GPU, few pixels.

    Args:
        backbone: The name of the packaged weights, as the problem type calls it; `reason` says why to take it.
        side: Pixels of an image's side without a GPU.
    """
    yield from channel_suggestions(context.profile.part(ImagePart).readable_channels)
    on_cpu = context.gpu_count == 0
    if PACKAGED in context.packaged_weights and (on_cpu or not context.is_hub_reachable):
        yield SuggestedChange("architecture.backbone", backbone, reason)
        yield SuggestedChange(
            "image.image_normalization", "Inception", "These weights were trained on values between -1 and 1."
        )
    if on_cpu:
        small = "Without a GPU, smaller images keep the first run short."
        yield SuggestedChange("image.image_width", side, small)
        yield SuggestedChange("image.image_height", side, small)
        yield SuggestedChange("environment.number_of_workers", min(2, context.cores), "One per core.")


def few_image_changes(
    context: SuggestionContext, group: str, *, learning_rate: float, batch_size: int, updates: int, most_epochs: int
) -> Iterator[SuggestedChange]:
    """Rates and passes for a few images, where a pretrained layer group learns beside new ones.

    Args:
        updates: How many there should be at least, if they take no more than `most_epochs`.
    """
    reason = "With few images, the pretrained layers learn gently while the new ones learn fast."
    yield SuggestedChange("training.differential_learning_rate_layers", [group], reason)
    yield SuggestedChange("training.differential_learning_rate", 3e-4, reason)
    yield SuggestedChange("training.learning_rate", learning_rate, reason)
    yield SuggestedChange("training.warmup_epochs", 1.0, "A gentle start keeps the pretrained weights intact.")
    yield SuggestedChange("training.batch_size", batch_size, "Smaller batches give more updates an epoch.")
    epochs = min(most_epochs, max(8, math.ceil(updates * batch_size / max(1, context.train_rows))))
    yield SuggestedChange("training.epochs", epochs, "Few images need more passes.")
    yield SuggestedChange("training.evaluation_epochs", float(max(1, epochs // 5)), "Validating rarely saves time.")


def pooled_image_changes(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """A backbone that is here, channels and a size that fit, and gentle rates where rows are few."""
    reason = "A small network whose pretrained weights are installed."
    yield from image_machine_changes(context, PACKAGED, reason, side=160)
    on_cpu = context.gpu_count == 0
    if context.train_rows < SMALL_ROWS:
        reason = "With few rows, the pretrained backbone gets a lower learning rate than the new head."
        yield SuggestedChange("training.differential_learning_rate_layers", ["Backbone"], reason)
        yield SuggestedChange("training.differential_learning_rate", 3e-4, reason)
        yield SuggestedChange("training.learning_rate", 3e-3, reason)
        yield SuggestedChange("training.warmup_epochs", 0.5, "A warm-up preserves the pretrained weights.")
        batch_size = 32
        if context.train_rows < TINY_ROWS:
            batch_size = 8
            yield SuggestedChange("training.batch_size", batch_size, "Smaller batches give more updates per epoch.")
        epochs = max(6 if on_cpu else 10, math.ceil(LEAST_UPDATES * batch_size / max(1, context.train_rows)))
        yield SuggestedChange("training.epochs", min(epochs, MOST_EPOCHS), "Few rows need more epochs.")
