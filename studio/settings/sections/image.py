"""Image: the size and the numbers a model sees."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting

DETAILS = ". Larger keeps small details but takes more time and memory."
Normalization = Literal["Channel", "Image", "ImageNet", "Inception", "Min_Max", "No", "Simple"]


def side_setting(side: str, words: str, step: int) -> Setting:
    """The choice of an input's width or height."""
    return Setting(label=f"Image {side}", help=f"Images are resized to this {side}{words}", unit="px", step=step)


class ImageSection(SettingsSection):
    """Input size, channels and normalization of 2D images."""

    title: ClassVar[str] = "Image"

    image_width: Annotated[
        int,
        Field(ge=16, le=4096),
        side_setting("width", DETAILS, 32),
    ] = 224
    image_height: Annotated[
        int,
        Field(ge=16, le=4096),
        side_setting("height", DETAILS, 32),
    ] = 224
    image_channels: Annotated[
        int,
        Field(ge=1, le=64),
        Setting(
            label="Image channels",
            help="3 reads colour, 1 reads grey values. NumPy images can have any number. Validation, test and "
            "prediction images are read alike.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 3
    image_normalization: Annotated[
        Normalization,
        Setting(
            label="Image normalization",
            help="How pixel values are scaled before the model: by fixed statistics (ImageNet, Inception, Simple), "
            "by each image, or by each batch (Channel, Min_Max).",
            labels=(("Min_Max", "Min_Max"),),
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = "Simple"
