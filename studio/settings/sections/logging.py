"""Logging: what a run records beside losses and metrics."""

from typing import Annotated, ClassVar

from pydantic import Field

from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting


class LoggingSection(SettingsSection):
    """Further records of a run."""

    title: ClassVar[str] = "Logging"

    log_grad_norm: Annotated[
        bool,
        Setting(
            label="Log grad norm",
            help="Record the norm of all gradients before and after clipping. It shows unstable training.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False


class ImageLoggingSection(LoggingSection):
    """Records of image problems."""

    number_of_images: Annotated[
        int,
        Field(ge=0, le=200),
        Setting(
            label="Number of images",
            help="How many images each panel of the insights shows.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 8
