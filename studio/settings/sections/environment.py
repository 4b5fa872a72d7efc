"""Environment: the devices and the randomness of a run."""

from typing import Annotated, ClassVar

from pydantic import Field

from studio.settings.choices import Devices
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting


class EnvironmentSection(SettingsSection):
    """Devices, precision, data workers and seed."""

    title: ClassVar[str] = "Environment"

    gpus: Annotated[
        tuple[str, ...],
        Setting(
            label="GPUs",
            help="The devices that runs of this experiment may use. None chosen trains on the CPU.",
            choices=Devices(),
        ),
    ] = ()
    number_of_seeds_per_run: Annotated[
        int,
        Field(ge=1, le=100),
        Setting(
            label="Number of seeds per run",
            help="Repeats every run with this many seeds, to see how much results vary by chance.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1
    mixed_precision_training: Annotated[
        bool,
        Setting(
            label="Mixed precision training",
            help="Compute in 16 bits where it is safe: less memory and more speed on a GPU.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = True
    mixed_precision_inference: Annotated[
        bool,
        Setting(
            label="Mixed precision inference",
            help="Compute in 16 bits while validating and predicting. Figures may change in the last digits.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    number_of_workers: Annotated[
        int,
        Field(ge=0, le=128),
        Setting(
            label="Number of workers",
            help="Processes that read and prepare data beside the training, at most one a core. 0 prepares it in turn.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 4
    seed: Annotated[
        int,
        Field(ge=-1, le=2**31 - 1),
        Setting(
            label="Seed",
            help="The start of all random draws. -1 draws one and records it; any other makes a run repeatable.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = -1
