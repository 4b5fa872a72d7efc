"""Logging: what a run records beside losses and metrics."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.condition import when
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Kind, Setting


class LoggingSection(SettingsSection):
    """Further records of a run."""

    title: ClassVar[str] = "Logging"

    @property
    def shown_samples(self) -> int:
        """How many samples each panel of the insights shows."""
        return 8

    logger: Annotated[
        Literal["None", "Neptune"],
        Setting(
            label="Logger",
            help="A tracker that records the run beside the studio. Neptune's hosted service has closed: its client "
            "writes to files of the run (offline mode), which a Neptune server of your own can take in.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = "None"
    neptune_api_token: Annotated[
        str,
        Setting(
            label="Neptune API token",
            help="Of your Neptune server. It is stored encrypted, shown to nobody, and in no export. It can stay empty "
            "for files alone.",
            kind=Kind.SECRET,
            visible_if=when("logging.logger", "Neptune"),
            level=ExperienceLevel.EXPERT,
        ),
    ] = ""
    neptune_project: Annotated[
        str,
        Setting(
            label="Neptune project",
            help="The project as WORKSPACE/NAME.",
            visible_if=when("logging.logger", "Neptune"),
            level=ExperienceLevel.EXPERT,
        ),
    ] = ""
    log_grad_norm: Annotated[
        bool,
        Setting(
            label="Log grad norm",
            help="Record the norm of all gradients before and after clipping. It reveals unstable training.",
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

    @property
    def shown_samples(self) -> int:
        """As many images as are asked for."""
        return self.number_of_images


class TextLoggingSection(LoggingSection):
    """Records of text problems."""

    number_of_texts: Annotated[
        int,
        Field(ge=0, le=200),
        Setting(
            label="Number of texts",
            help="How many texts each panel of the insights shows.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 10

    @property
    def shown_samples(self) -> int:
        """As many texts as are asked for."""
        return self.number_of_texts


class AudioLoggingSection(LoggingSection):
    """Records of audio problems."""

    number_of_audios: Annotated[
        int,
        Field(ge=0, le=200),
        Setting(
            label="Number of audios",
            help="How many recordings each panel of the insights shows.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 8

    @property
    def shown_samples(self) -> int:
        return self.number_of_audios
