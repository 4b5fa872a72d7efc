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
            help="The devices that runs of this experiment may use. Choose none to train on the CPU.",
            choices=Devices(),
        ),
    ] = ()
    number_of_seeds_per_run: Annotated[
        int,
        Field(ge=1, le=100),
        Setting(
            label="Number of seeds per run",
            help="Repeats every run with this many seeds, to measure the variance of results.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1
    number_of_gpus_per_run: Annotated[
        int,
        Field(ge=1, le=64),
        Setting(
            label="Number of GPUs per run",
            help="GPUs that train one fold, seed or grid point together. With fewer GPUs per run, more runs train "
            "in parallel.",
            visible_if=when_longer("environment.gpus", 1),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1
    sync_batch_normalization: Annotated[
        bool,
        Setting(
            label="Sync batch normalization",
            help="Compute batch statistics over all GPUs of a run: more stable with small batches, slightly slower.",
            visible_if=when_more("environment.number_of_gpus_per_run", 1),
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    mixed_precision_training: Annotated[
        bool,
        Setting(
            label="Mixed precision training",
            help="Compute in 16 bits where it is safe and faster, on GPUs and CPUs that support it.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = True
    precision: Annotated[
        Literal["Automatic", "bfloat16", "float16", "float32"],
        Setting(
            label="Precision",
            help="The numbers that mixed precision computes in. Automatic measures at the start of the run which "
            "of them is fastest for this model on this device, and keeps 32 bits where 16 bits are not faster.",
            visible_if=when("environment.mixed_precision_training", True),
            level=ExperienceLevel.MASTER,
        ),
    ] = "Automatic"
    mixed_precision_inference: Annotated[
        bool,
        Setting(
            label="Mixed precision inference",
            help="Compute in 16 bits during validation and prediction. Metrics may change in the last digits.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    number_of_workers: Annotated[
        int,
        Field(ge=0, le=128),
        Setting(
            label="Number of workers",
            help="Processes that load data in parallel with training, at most one per core. 0 loads data in the "
            "training process.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 4
    seed: Annotated[
        int,
        Field(ge=-1, le=2**31 - 1),
        Setting(
            label="Seed",
            help="The random seed. -1 draws one and records it; any other value makes a run reproducible.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = -1


class CachedEnvironmentSection(EnvironmentSection):
    """The environment of models whose prepared inputs are worth keeping."""

    cache_inputs: Annotated[
        Literal["Automatic", "Off"],
        Setting(
            label="Cache inputs",
            help="Keep prepared inputs on disk (images decoded and resized, columns of texts as tokens), so that "
            "later epochs and later runs load them directly. Automatic does so while there is disk space.",
            level=ExperienceLevel.MASTER,
        ),
    ] = "Automatic"


class ImageEnvironmentSection(CachedEnvironmentSection):
    """The environment of models of pixels."""

    memory_layout: Annotated[
        Literal["Automatic", "Channels first", "Channels last"],
        Setting(
            label="Memory layout",
            help="The memory layout of image tensors. It affects speed, not results; Automatic measures which is "
            "faster.",
            level=ExperienceLevel.MASTER,
        ),
    ] = "Automatic"
