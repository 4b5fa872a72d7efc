"""General: what the experiment is about. Dataset, problem and model type decide every other setting."""

from typing import Annotated, ClassVar, Literal

from studio.settings.choices import Datasets, Experiments
from studio.settings.condition import when
from studio.settings.schema import SettingsSection
from studio.settings.setting import Setting

ORIGIN = "general.problem_category"


class GeneralSection(SettingsSection):
    """Settings above all others. Problem type and model type are shown beside them by every form; they choose the
    schema itself and are therefore not fields of it."""

    title: ClassVar[str] = "General"

    dataset: Annotated[
        str,
        Setting(
            label="Dataset",
            help="The imported dataset that this experiment trains on.",
            choices=Datasets(),
            head=True,
        ),
    ] = ""
    problem_category: Annotated[
        Literal["problem_type", "from_experiment"],
        Setting(
            label="Problem category",
            help="The kind of data, which filters the problem types; or From experiment, which copies all settings "
            "of an experiment.",
            labels=(("problem_type", "Of the problem type"), ("from_experiment", "From experiment")),
            head=True,
        ),
    ] = "problem_type"
    experiment: Annotated[
        str | None,
        Setting(
            label="Experiment",
            help="The experiment whose settings these started from.",
            choices=Experiments(),
            head=True,
            visible_if=when(ORIGIN, "from_experiment"),
        ),
    ] = None
    use_previous_experiment_weights: Annotated[
        bool,
        Setting(
            label="Use previous experiment weights",
            help="Start from the final weights of the experiment above, to continue training or only to predict. "
            "It must be of the same problem type and backbone; the log says what was not loaded.",
            visible_if=when(ORIGIN, "from_experiment"),
        ),
    ] = False
    experiment_name: Annotated[
        str,
        Setting(
            label="Experiment name",
            help="The name of the experiment. If empty, a name of two words is generated.",
        ),
    ] = ""
