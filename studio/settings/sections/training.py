"""Training: how the weights are found."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.condition import Test, When, when
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting

LEARNING_RATES = (1e-4, 3e-4, 1e-3, 3e-3)

LearningRate = Annotated[
    float,
    Field(gt=0, le=10),
    Setting(
        label="Learning rate",
        help="The step size of the optimizer. Too high diverges, too low trains slowly.",
        log=True,
        grid=True,
        grid_values=LEARNING_RATES,
    ),
]
DifferentialLearningRate = Annotated[
    float,
    Field(gt=0, le=10),
    Setting(
        label="Differential learning rate",
        help="The learning rate of the layer groups chosen above.",
        log=True,
        visible_if=When(all=(Test("training.differential_learning_rate_layers", "not_in", ([],)),)),
        level=ExperienceLevel.EXPERT,
        grid=True,
        grid_values=LEARNING_RATES,
    ),
]
BatchSize = Annotated[
    int,
    Field(ge=1, le=4096),
    Setting(
        label="Batch size",
        help="Samples per batch and device. Larger needs more memory.",
        grid=True,
        grid_values=(8, 16, 32, 64),
    ),
]
Epochs = Annotated[
    int,
    Field(ge=0, le=10_000),
    Setting(
        label="Epochs",
        help="Passes over the training rows. 0 only evaluates the initial weights.",
        grid=True,
        grid_values=(2, 5, 10, 20),
    ),
]
EvaluateBeforeTraining = Annotated[
    bool,
    Setting(
        label="Evaluate before training",
        help="Validate the initial weights first, as a baseline.",
        level=ExperienceLevel.SKILLED,
    ),
]


class TrainingSection(SettingsSection):
    """Optimizer, schedule, batches and checkpoints. A problem type adds its loss and its layer groups."""

    title: ClassVar[str] = "Training"

    optimizer: Annotated[
        Literal["Adadelta", "Adam", "AdamW", "RMSprop", "SGD"],
        Setting(
            label="Optimizer",
            help="The optimizer. SGD uses Nesterov momentum 0.9.",
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = "AdamW"
    learning_rate: LearningRate = 1e-3
    differential_learning_rate: DifferentialLearningRate = 1e-3
    batch_size: BatchSize = 32
    automatically_adjust_batch_size: Annotated[
        bool,
        Setting(
            label="Automatically adjust batch size",
            help="When a batch does not fit into memory, try smaller ones until one fits.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    drop_last_batch: Annotated[
        bool,
        Setting(
            label="Drop last batch",
            help="Leave out the last batch of an epoch when it is not full.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = True
    epochs: Epochs = 5
    time_limit: Annotated[
        float,
        Field(ge=0, le=100_000),
        Setting(
            label="Time limit",
            help="Minutes that a training with its validations may take. The schedule fits itself to the speed, so "
            "that the learning rate ends low, and the final validation lies within the limit. Epochs are "
            "the most then. Predictions of the results come on top. 0 is no limit.",
            unit="min",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.0
    schedule: Annotated[
        Literal["Constant", "Cosine", "Linear"],
        Setting(
            label="Schedule",
            help="How the learning rate decays after the warm-up: constant, half a cosine, or linear to 0.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = "Cosine"
    warmup_epochs: Annotated[
        float,
        Field(ge=0, le=1000),
        Setting(
            label="Warmup epochs",
            help="Epochs over which the learning rate rises from 0 to its full value. Fractions are fine.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
            grid=True,
            grid_values=(0.0, 0.25, 1.0),
        ),
    ] = 0.0
    weight_decay: Annotated[
        float,
        Field(ge=0, le=10),
        Setting(
            label="Weight decay",
            help="Decay of the weights at every step, against overfitting. Not applied to biases and normalization "
            "layers.",
            level=ExperienceLevel.SKILLED,
            grid=True,
            grid_values=(0.0, 0.01, 0.1),
        ),
    ] = 0.0
    gradient_clip: Annotated[
        float,
        Field(ge=0, le=1000),
        Setting(
            label="Gradient clip",
            help="Scales all gradients of a step down to at most this Euclidean norm. 0 turns it off.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(0.0, 1.0, 5.0),
        ),
    ] = 0.0
    ema_decay: Annotated[
        float,
        Field(ge=0, lt=1),
        Setting(
            label="EMA decay",
            help="Validates and keeps an exponential moving average of the weights: every update keeps this share of "
            "the average and takes the rest from the trained weights. Smooths short and noisy trainings; 0.99 looks "
            "back about 100 updates. 0 turns it off.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(0.0, 0.99, 0.999),
            paper="https://arxiv.org/abs/2411.18704",
        ),
    ] = 0.0
    grad_accumulation: Annotated[
        int,
        Field(ge=1, le=1024),
        Setting(
            label="Grad accumulation",
            help="Accumulates the gradients of this many batches per step: a larger effective batch in the same "
            "memory.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(1, 2, 4),
        ),
    ] = 1
    save_best_checkpoint: Annotated[
        bool,
        Setting(
            label="Save best checkpoint",
            help="Keep the weights of the best validation metric. Off keeps those of the last epoch.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = False
    greedy_soup: Annotated[
        int,
        Field(ge=0, le=50),
        Setting(
            label="Greedy soup",
            help="Keeps this many of the best validated weights until the end. The model is then the mean of those "
            "that together are best on the validation rows. Each takes the disk space of a model. 0 turns it off.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(0, 5),
            paper="https://arxiv.org/abs/2203.05482",
        ),
    ] = 0
    evaluation_epochs: Annotated[
        float,
        Field(gt=0, le=1000),
        Setting(
            label="Evaluation epochs",
            help="Epochs between two validations. 0.5 validates twice per epoch; larger saves time.",
            step=0.05,
            visible_if=when("training.save_best_checkpoint", False),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1.0
    evaluate_before_training: EvaluateBeforeTraining = False
    calculate_train_metric: Annotated[
        bool,
        Setting(
            label="Calculate train metric",
            help="Compute the metric on training batches too. It reveals overfitting and takes slightly longer.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    train_validation_data: Annotated[
        bool,
        Setting(
            label="Train validation data",
            help="Train on the validation rows as well. Validation metrics are then optimistic (leakage).",
            visible_if=When(
                all=(
                    Test("training.save_best_checkpoint", "in", (False,)),
                    Test("training.greedy_soup", "in", (0,)),
                )
            ),
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    build_scoring_pipelines: Annotated[
        bool,
        Setting(
            label="Build scoring pipelines",
            help="Pack the scoring pipeline at the end of the run. Off packs it when you download it.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = True


def layers_setting(words: str) -> Setting:
    """The choice of layer groups, which a model names; `words` say what they are, or why one would choose some."""
    return Setting(
        label="Differential learning rate layers",
        help=f"Layer groups that get their own learning rate{words}.",
        level=ExperienceLevel.EXPERT,
    )


class HeadStartMixin(SettingsSection):
    """How the last layer begins."""

    head_start: Annotated[
        Literal["Automatic", "Random", "Linear probe"],
        Setting(
            label="Head start",
            help="How the last layer starts: with random weights, or as a linear probe, fitted to what the encoder "
            "says of the training rows before it is trained. A probe keeps what a pretrained encoder knows, and its "
            "validation is the first point of the chart. Automatic probes pretrained encoders.",
            level=ExperienceLevel.SKILLED,
            grid=True,
            paper="https://arxiv.org/abs/2202.10054",
        ),
    ] = "Automatic"
    average_with_probe: Annotated[
        bool,
        Setting(
            label="Average with the probe",
            help="If training ends below its linear probe on the validation rows by more than chance, the model is the "
            "average of both weights that is best on these rows. Test rows play no part.",
            level=ExperienceLevel.EXPERT,
            paper="https://arxiv.org/abs/2109.01903",
            visible_if=when("training.head_start", "Automatic", "Linear probe"),
        ),
    ] = True


class LayerDecayMixin(SettingsSection):
    """Learning rates that fall from layer to layer of an encoder."""

    layer_decay: Annotated[
        float,
        Field(gt=0, le=1),
        Setting(
            label="Layer decay",
            help="Each layer of the encoder learns at this share of the rate of the layer above it, so that the "
            "general features of the first layers change least. With Backbone among the differential learning rate "
            "layers, it starts from that rate. 1 turns it off; 0.65 to 0.9 are usual for transformers.",
            level=ExperienceLevel.EXPERT,
            step=0.05,
            grid=True,
            grid_values=(0.65, 0.8, 1.0),
            paper="https://arxiv.org/abs/1801.06146",
        ),
    ] = 1.0


class HeadLayersMixin(HeadStartMixin, LayerDecayMixin):
    """Layer groups of a backbone with a head."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "Head"], ...],
        layers_setting(". A lower rate for the backbone preserves its pretrained features"),
    ] = ()


class NeckLayersMixin(HeadStartMixin, LayerDecayMixin):
    """Layer groups of a backbone with a neck and the block of a loss."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "Neck", "Loss"], ...],
        layers_setting(": the backbone, the layer that makes the embedding, and the label centres of the loss"),
    ] = ()
