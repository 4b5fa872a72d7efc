"""What suggestions of text problems have in common: a backbone that is here, its rates, and lengths that fit."""

import math
from collections.abc import Iterator, Mapping, Sequence

from studio.datasets.texts.text_part import TextPart
from studio.problems.contract import SuggestionContext
from studio.settings.schema import SettingsSchema, SuggestedChange
from studio.settings.sections.text import MINILM, SCRATCH
from studio.settings.sections.text_checks import share_longer

FITS = 0.02
"""The share of texts that may be cut for the sake of speed."""
LENGTHS = (32, 64, 96, 128, 192, 256, 384, 512)
SMALL_ROWS = 5000
LEAST_UPDATES = 150
"""Of pretrained weights. The 120 rows of an example are learned in these 20 epochs (classification, accuracy 1.0)."""
LEAST_SCRATCH_UPDATES = 800
LEAST_EPOCHS, MOST_EPOCHS = 3, 40
SCRATCH_RATE = 1e-3


def backbone_of(settings: SettingsSchema, context: SuggestionContext) -> str | None:
    """A backbone that this machine can start from where the default is out of reach or too slow; None keeps it."""
    on_cpu = context.gpu_count == 0
    if MINILM in context.packaged_weights and (on_cpu or not context.is_hub_reachable):
        return MINILM
    if context.is_hub_reachable:
        return None
    choices = settings.fields()["architecture.backbone"].setting.choices
    suggested: Sequence[str] = getattr(choices, "suggested", ())
    return next((name for name in suggested if name.startswith(SCRATCH)), None)


def backbone_changes(backbone: str | None) -> Iterator[SuggestedChange]:
    """The backbone and whether it starts from weights."""
    if backbone is None:
        return
    if backbone.startswith(SCRATCH):
        yield from scratch_changes(
            backbone, "No pretrained weights are available here: a small model trains from scratch on your rows."
        )
    else:
        yield SuggestedChange(
            "architecture.backbone",
            backbone,
            "A small transformer whose weights are installed.",
        )


def scratch_changes(backbone: str, reason: str, rate: float = SCRATCH_RATE) -> Iterator[SuggestedChange]:
    """A small model with random weights."""
    yield SuggestedChange("architecture.backbone", backbone, reason)
    yield SuggestedChange("architecture.pretrained", False, reason)
    yield SuggestedChange("training.learning_rate", rate, "Random weights need a higher learning rate.")
    yield SuggestedChange("training.warmup_epochs", 1.0, "A warm-up keeps random weights from diverging.")


def machine_changes(context: SuggestionContext) -> Iterator[SuggestedChange]:
    """What a machine without a GPU needs."""
    if context.gpu_count == 0:
        yield SuggestedChange("environment.number_of_workers", min(2, context.cores), "One per core.")


def epochs_change(
    backbone: str | None,
    context: SuggestionContext,
    batch_size: int,
    least_updates: int = LEAST_UPDATES,
    least_epochs: int = LEAST_EPOCHS,
) -> Iterator[SuggestedChange]:
    """Enough passes for enough updates, where rows are few."""
    if context.train_rows >= SMALL_ROWS:
        return
    is_scratch = backbone is not None and backbone.startswith(SCRATCH)
    wanted = max(least_updates, LEAST_SCRATCH_UPDATES) if is_scratch else least_updates
    epochs = math.ceil(wanted * batch_size / max(1, context.train_rows))
    yield SuggestedChange("training.epochs", min(MOST_EPOCHS, max(least_epochs, epochs)), "Few rows need more epochs.")


def length_change(
    key: str, part: str, context: SuggestionContext, default: int, *, least: int = 0, may_grow: bool = True
) -> Iterator[SuggestedChange]:
    """The shortest usual length of at least `least` that keeps nearly all texts of a part whole."""
    lengths = context.profile.part(TextPart).lengths.get(part)
    if lengths is None or not lengths.counts:
        return
    usual = [one for one in LENGTHS if one >= least]
    fitting = next((one for one in usual if share_longer(lengths.counts, one) <= FITS), usual[-1])
    if fitting == default or (fitting > default and not may_grow):
        return
    reason = (
        f"98 % of the texts have at most {fitting} tokens; more would only cost time."
        if fitting < default
        else "The texts are longer than the default, and their ends may matter."
    )
    yield SuggestedChange(key, fitting, reason)


def gentle_backbone(layers: Sequence[str], rates: Mapping[str, float]) -> Iterator[SuggestedChange]:
    """A low rate for what is pretrained, a higher one for what is new."""
    reason = "A low learning rate for the pretrained backbone, a higher one for the new layers."
    yield SuggestedChange("training.differential_learning_rate_layers", list(layers), reason)
    yield SuggestedChange("training.differential_learning_rate", rates["backbone"], reason)
    yield SuggestedChange("training.learning_rate", rates["head"], reason)
    yield SuggestedChange("training.warmup_epochs", 0.5, "A warm-up preserves the pretrained weights.")


def pooled_changes(
    settings: SettingsSchema,
    context: SuggestionContext,
    *,
    rates: Mapping[str, float],
    batch_size: int,
    least_epochs: int = LEAST_EPOCHS,
) -> Iterator[SuggestedChange]:
    """The recipe of problems with one vector a text; `rates` of the pretrained `backbone` and of the new `head`."""
    backbone = backbone_of(settings, context)
    yield from backbone_changes(backbone)
    yield from length_change("tokenizer.max_length", "text", context, settings.value("tokenizer.max_length"))
    if backbone == MINILM:
        yield SuggestedChange("architecture.pool", "Average", "MiniLM was trained with the average of its tokens.")
        yield from gentle_backbone(["Backbone"], rates)
    yield from epochs_change(backbone, context, batch_size, least_epochs=least_epochs)
    yield from machine_changes(context)
