"""The recipe that fits a dataset and machine; measured in `benchmarks/quality.py`."""

from collections.abc import Iterator

from studio.problems.contract import SuggestionContext
from studio.settings.schema import SettingsSchema, SuggestedChange

SMALL_ROWS = 2000
PACKAGED = "tf_efficientnet_lite0"
WITH_PACKAGED_BACKBONE = "tf_efficientdet_lite0"


def suggest(settings: SettingsSchema, context: SuggestionContext) -> tuple[SuggestedChange, ...]:
    """Changes against the defaults, each with its reason."""
    return tuple(_changes(context))


def _changes(context: SuggestionContext) -> Iterator[SuggestedChange]:
    on_cpu = context.gpu_count == 0
    if PACKAGED in context.packaged_weights and (on_cpu or not context.is_hub_reachable):
        yield SuggestedChange(
            "architecture.backbone",
            WITH_PACKAGED_BACKBONE,
            "A small detector whose pretrained backbone came with the installation.",
        )
        yield SuggestedChange(
            "image.image_normalization", "Inception", "These weights were trained on values between -1 and 1."
        )
    if on_cpu:
        reason = "Without a GPU, smaller images keep the first run short."
        yield SuggestedChange("image.image_width", 256, reason)
        yield SuggestedChange("image.image_height", 256, reason)
        yield SuggestedChange("training.batch_size", 8, "More steps an epoch on a small dataset.")
        yield SuggestedChange("environment.number_of_workers", min(2, context.cores), "As many as there are cores.")
    if context.train_rows < SMALL_ROWS:
        yield SuggestedChange("training.warmup_epochs", 1.0, "A gentle start keeps the pretrained weights intact.")
        yield SuggestedChange("training.epochs", 20, "A detector needs many passes over few images.")
        yield SuggestedChange("training.gradient_clip", 10.0, "Keeps early steps of the new heads in bounds.")
