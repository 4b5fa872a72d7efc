"""The recipe that fits a dataset and machine, for each model type; measured on BCCD, see the README."""

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from studio.datasets.labels.box_part import BoxPart
from studio.problems.contract import SuggestionContext
from studio.problems.image_suggestions import PACKAGED, image_machine_changes
from studio.settings.schema import SettingsSchema, SuggestedChange

SMALL_ROWS = 2000
DEFAULT_ANCHOR_SCALE = 4.0
FINEST_STRIDE = 8
BACKBONES = MappingProxyType({"efficientdet": "tf_efficientdet_lite0", "faster_rcnn": PACKAGED, "fcos": PACKAGED})
"""What has the packaged weights in it, a model type."""
CPU_SIDE = 256
LEAST_UPDATES = 400
LEAST_EPOCHS, MOST_EPOCHS = 12, 60
FEW_PASSES = "With few images, a detector needs many epochs."
RARE_VALIDATION = "Validating every epoch would take half of the training time."
GENTLE = "A warm-up preserves the pretrained weights."
SMALL = "A small detector whose pretrained backbone is installed."
CLIP = "Limits early steps of the new heads."


def suggest(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Changes against the defaults, each with its reason."""
    model_type = type(settings).model_type
    assert model_type is not None
    yield from image_machine_changes(context, BACKBONES[model_type], SMALL, side=CPU_SIDE)
    yield from _OF_MODEL_TYPES[model_type](settings, context)


def _efficientdet(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    on_cpu = context.gpu_count == 0
    if on_cpu:
        yield SuggestedChange("training.batch_size", 8, "More steps per epoch on a small dataset.")
    scale = _anchor_scale(context, CPU_SIDE if on_cpu else int(settings.value("image.image_width")))
    if scale < DEFAULT_ANCHOR_SCALE:
        yield SuggestedChange(
            "architecture.anchor_scale", scale, "The boxes of one class are smaller than the smallest default anchors."
        )
    if context.train_rows < SMALL_ROWS:
        yield SuggestedChange("training.learning_rate", 3e-3, "The new heads learn fast from few images.")
        yield SuggestedChange("training.warmup_epochs", 2.0, GENTLE)
        yield SuggestedChange("training.gradient_clip", 10.0, CLIP)
        yield SuggestedChange("training.epochs", 30, FEW_PASSES)
        yield SuggestedChange("training.evaluation_epochs", 5.0, RARE_VALIDATION)


def _faster_rcnn(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    if context.train_rows < SMALL_ROWS:
        reason = "A low learning rate for the pretrained body, a higher one for the new heads."
        yield SuggestedChange("training.batch_size", 8, "More steps per epoch on a small dataset.")
        yield SuggestedChange("training.differential_learning_rate_layers", ["Body"], reason)
        yield SuggestedChange("training.differential_learning_rate", 3e-4, reason)
        yield from _of_few_images(context, batch_size=8)


def _fcos(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """On 16 images of BCCD, 40 epochs of batches of 8 stayed at mAP 0.64; of batches of 4 they reached 0.93."""
    if context.train_rows < SMALL_ROWS:
        yield SuggestedChange("training.batch_size", 4, "Few points match small objects: many small steps help.")
        yield SuggestedChange(
            "architecture.batch_normalization", "Frozen", "Batches of 4 are too small to gather statistics from."
        )
        yield from _of_few_images(context, batch_size=4)


def _of_few_images(context: SuggestionContext, batch_size: int) -> Iterator[SuggestedChange]:
    """Enough updates for new heads; warm-up and validation in proportion."""
    updates = max(1, context.train_rows // batch_size)
    epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, math.ceil(LEAST_UPDATES / updates)))
    yield SuggestedChange("training.warmup_epochs", max(1.0, round(epochs / 14)), GENTLE)
    yield SuggestedChange("training.gradient_clip", 10.0, CLIP)
    yield SuggestedChange("training.epochs", epochs, FEW_PASSES)
    yield SuggestedChange("training.evaluation_epochs", float(max(2, epochs // 5)), RARE_VALIDATION)


_OF_MODEL_TYPES: Mapping[str, Callable[[SettingsSchema, SuggestionContext], Iterator[SuggestedChange]]] = (
    MappingProxyType({"efficientdet": _efficientdet, "faster_rcnn": _faster_rcnn, "fcos": _fcos})
)


def _anchor_scale(context: SuggestionContext, side: int) -> float:
    """Anchors that reach the class with the smallest boxes at this input size.

    The smallest anchor is `scale * 8` pixels. On 16 images of BCCD at 256 pixels (platelets of 16 pixels), a scale of 4
    stayed at mAP 0.66 where 2 reached 0.965.
    """
    smallest = context.profile.part(BoxPart).smallest_class_side_share * side
    if smallest <= 0:
        return DEFAULT_ANCHOR_SCALE
    return min(DEFAULT_ANCHOR_SCALE, max(1.0, round(2 * smallest / FINEST_STRIDE) / 2))
