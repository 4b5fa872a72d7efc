"""Images in which objects are looked for."""

from typing import Annotated

from pydantic import Field

from studio.settings.sections.image import ImageSection, side_setting
from studio.settings.sections.training import TrainingSection
from studio.settings.setting import Setting

DETAILS = ", boxes with them. Small objects need a larger one."


class BoxedImageSection(ImageSection):
    """Objects are found in larger images."""

    image_width: Annotated[
        int,
        Field(ge=64, le=4096),
        side_setting("width", DETAILS, 128),
    ] = 512
    image_height: Annotated[
        int,
        Field(ge=64, le=4096),
        side_setting("height", DETAILS, 128),
    ] = 512


class BoxedImageTrainingSection(TrainingSection):
    """Larger images take smaller batches."""

    batch_size: Annotated[
        int,
        Field(ge=1, le=4096),
        Setting(
            label="Batch size",
            help="Images per batch and device. Larger needs more memory.",
            grid=True,
            grid_values=(4, 8, 16),
        ),
    ] = 16
