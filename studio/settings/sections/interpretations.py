"""Explanations of single predictions: the methods, and the setting that has them made for the samples of insights."""

from dataclasses import dataclass
from typing import Annotated

from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting


@dataclass(frozen=True)
class ExplanationMethod:
    """A published way to say what in an input a prediction rests on."""

    name: str
    reference: str
    """Where it is described: a link to the paper."""


HIRES_CAM = ExplanationMethod("HiResCAM", "https://arxiv.org/abs/2011.08891")
INTEGRATED_GRADIENTS = ExplanationMethod("integrated gradients", "https://arxiv.org/abs/1703.01365")
BOTH = ExplanationMethod(f"{HIRES_CAM.name} and {INTEGRATED_GRADIENTS.name}", HIRES_CAM.reference)


def _run_interpretations(shown: str, input: str, method: ExplanationMethod) -> Setting:
    return Setting(
        label="Run interpretations",
        help=f"Show for the samples of the insights which {shown} ({method.name}). "
        f"For any other {input} it is shown on demand.",
        level=ExperienceLevel.SKILLED,
        paper=method.reference,
    )


class ImageInterpretationsMixin(SettingsSection):
    """Attribution maps of the samples that insights show."""

    run_interpretations: Annotated[
        bool, _run_interpretations("regions of the image support the prediction", "image", HIRES_CAM)
    ] = True


class VolumeInterpretationsMixin(SettingsSection):
    """Attribution maps of the samples that insights show."""

    run_interpretations: Annotated[
        bool, _run_interpretations("regions of the volume support the prediction", "volume", HIRES_CAM)
    ] = True


class TextInterpretationsMixin(SettingsSection):
    """Token importance on the samples that insights show."""

    run_interpretations: Annotated[
        bool,
        _run_interpretations("words support or oppose the prediction", "text", INTEGRATED_GRADIENTS),
    ] = True


class AudioInterpretationsMixin(SettingsSection):
    """Attribution maps over the spectrograms of the samples that insights show."""

    run_interpretations: Annotated[
        bool,
        _run_interpretations(
            "times and frequencies support the prediction, or of speech encoders, times", "recording", HIRES_CAM
        ),
    ] = True


class ImageTextInterpretationsMixin(SettingsSection):
    """Attribution maps and token importance on the samples that insights show."""

    run_interpretations: Annotated[
        bool,
        _run_interpretations(
            "regions of the image and which words support the prediction", "image with its texts", BOTH
        ),
    ] = True
