"""The recipe that fits a dataset and machine, for each kind of model; see the README for what was measured."""

import math
from collections.abc import Iterator

from studio.datasets.masks.instance_part import InstancePart
from studio.problems.contract import SuggestionContext
from studio.problems.image_suggestions import PACKAGED, few_image_changes, image_machine_changes
from studio.settings.schema import SettingsSchema, SuggestedChange

SMALL_ROWS = 2000
CPU_SIDE = 256
BATCH_SIZE = 4
LEAST_UPDATES = 300
MOST_EPOCHS = {"Encoder": 40, "Body": 24}
"""By the pretrained layers. On 14 photos 40 of a U-Net reach an mAP at 0.5 of 0.85, 20 of Mask R-CNN 0.99."""
SMALL = "A small network whose pretrained weights came with the installation."


def suggest(settings: SettingsSchema, context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Changes against the defaults, each with its reason."""
    yield from image_machine_changes(context, PACKAGED, SMALL, side=CPU_SIDE)
    most = context.profile.part(InstancePart).most_per_image
    if most > settings.value("prediction.max_det_per_image"):
        limit = math.ceil(1.25 * most / 100) * 100
        yield SuggestedChange("prediction.max_det_per_image", limit, f"An image has {most} instances.")
    if context.train_rows < SMALL_ROWS:
        body = "Encoder" if type(settings).model_type == "unet_components" else "Body"
        rate = 3e-3 if body == "Encoder" else 1e-3
        yield from few_image_changes(
            context,
            body,
            learning_rate=rate,
            batch_size=BATCH_SIZE,
            updates=LEAST_UPDATES,
            most_epochs=MOST_EPOCHS[body],
        )
        yield SuggestedChange("training.gradient_clip", 10.0, "Limits early steps of new layers.")
