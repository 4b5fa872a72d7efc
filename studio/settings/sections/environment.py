"""Environment: the devices and the randomness of a run."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import Devices
from studio.settings.condition import when, when_longer, when_more
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
    number_of_gpus_per_run: Annotated[
        int,
        Field(ge=1, le=64),
        Setting(
            label="Number of GPUs per run",
            help="GPUs that train one fold, seed or grid point together. With fewer a run, more runs go side by side.",
            visible_if=when_longer("environment.gpus", 1),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1
    sync_batch_normalization: Annotated[
        bool,
        Setting(
            label="Sync batch normalization",
            help="Gather batch statistics over all GPUs of a run: steadier with small batches, a little slower.",
            visible_if=when_more("environment.number_of_gpus_per_run", 1),
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    mixed_precision_training: Annotated[
        bool,
        Setting(
            label="Mixed precision training",
            help="Compute in 16 bits where it is safe and faster, on a GPU or a processor that gains from it.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = True
    precision: Annotated[
        Literal["Automatic", "bfloat16", "float16", "float32"],
        Setting(
            label="Precision",
            help="The numbers that mixed precision computes in. Automatic measures at the start of the run which of "
            "them is fastest for this model on this device, and keeps 32 bits where nothing is won.",
            visible_if=when("environment.mixed_precision_training", True),
            level=ExperienceLevel.MASTER,
        ),
    ] = "Automatic"
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


class CachedEnvironmentSection(EnvironmentSection):
    """The environment of models whose prepared inputs are worth keeping."""

    cache_inputs: Annotated[
        Literal["Automatic", "Off"],
        Setting(
            label="Cache inputs",
            help="Keep prepared inputs on disk (images decoded and resized, columns of texts as tokens), so that later "
            "epochs and later runs read them at once. Automatic does it while the disk has room.",
            level=ExperienceLevel.MASTER,
        ),
    ] = "Automatic"


class ImageEnvironmentSection(CachedEnvironmentSection):
    """The environment of models of pixels."""

    memory_layout: Annotated[
        Literal["Automatic", "Channels first", "Channels last"],
        Setting(
            label="Memory layout",
            help="How pixels lie in memory. The results are the same, the speed is not; Automatic measures it.",
            level=ExperienceLevel.MASTER,
        ),
    ] = "Automatic"
