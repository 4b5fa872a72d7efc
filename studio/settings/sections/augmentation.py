"""Augmentation: random changes to training images that leave the truth as it is."""

from typing import Annotated, ClassVar, Literal

from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting


class ImageAugmentationSection(SettingsSection):
    """How strongly training images are varied."""

    title: ClassVar[str] = "Augmentation"

    augmentations_strategy: Annotated[
        Literal["Soft", "Medium", "Hard"],
        Setting(
            label="Augmentations strategy",
            help="Soft mirrors left and right. Medium also shifts, scales, rotates and blanks out patches. "
            "Hard crops at random and varies brightness and contrast on top.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "Soft"
