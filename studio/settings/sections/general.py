"""General: what the experiment is about. Dataset, problem and model type decide every other setting."""

from typing import Annotated, ClassVar

from studio.settings.choices import Datasets
from studio.settings.schema import SettingsSection
from studio.settings.setting import Setting


class GeneralSection(SettingsSection):
    """Settings above all others. Problem category, problem type and model type are shown beside them by every form;
    they choose the schema itself and are therefore not fields of it."""

    title: ClassVar[str] = "General"

    dataset: Annotated[
        str,
        Setting(
            label="Dataset",
            help="The imported dataset that this experiment trains on.",
            choices=Datasets(),
        ),
    ] = ""
    experiment_name: Annotated[
        str,
        Setting(
            label="Experiment name",
            help="How the experiment is listed. Left empty, it gets a name of two words.",
        ),
    ] = ""
