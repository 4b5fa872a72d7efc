"""Start weights: a training that begins with the weights of another run, and says what of them it could not use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from studio.errors import WeightsError
from studio.modeling.recipe import LabelAlignedRows, Target
from studio.training.run_context import RunContext

MAX_NAMES = 5


@dataclass
class Loaded:
    """Tensors by what became of them."""

    taken: dict[str, Tensor] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Of the model, and not in the file."""
    unexpected: list[str] = field(default_factory=list)
    """In the file, and not of the model."""
    misshapen: list[str] = field(default_factory=list)
    by_label: list[str] = field(default_factory=list)
    """Whose rows were put where their labels are now."""
    labels: tuple[str, ...] = ()
    """That both know."""

    @property
    def left_out(self) -> bool:
        """Whether the model is not wholly that of the file."""
        return bool(self.missing or self.unexpected or self.misshapen or self.by_label)


def load_start_weights(context: RunContext, model: nn.Module) -> None:
    """Put the start weights into the model as far as they fit, and tell what does not.

    Raises:
        WeightsError: if nothing fits.
    """
    assert context.start is not None
    other = Target.from_json(context.start.manifest.target)
    labels, tensors = other.labels, context.recipe.restated(load_file(context.start.weights), other)
    loaded = matched(
        model.state_dict(), tensors, labels, context.recipe.target.labels, context.recipe.label_aligned_rows(model)
    )
    if not loaded.taken:
        raise WeightsError(
            "No tensor of the start weights fits this model.",
            hint="Choose an experiment with the same architecture.",
            code="start_weights",
        )
    model.load_state_dict(loaded.taken, strict=False)
    count = len(loaded.taken)
    context.reporter.log(
        "info", f"Started from the weights of another run: {count} of {len(model.state_dict())} tensors."
    )
    for line in _warnings(loaded, labels, context.recipe.target.labels):
        context.reporter.log("warning", line)


def matched(
    own: Mapping[str, Tensor],
    found: Mapping[str, Tensor],
    old_labels: Sequence[str],
    labels: Sequence[str],
    label_aligned_rows: Mapping[str, LabelAlignedRows],
) -> Loaded:
    """What of `found` a model takes whose tensors are `own`; rows that belong to labels go to the same label."""
    loaded = Loaded(labels=tuple(label for label in labels if label in old_labels))
    loaded.unexpected = [name for name in found if name not in own]
    for name, value in own.items():
        if name not in found:
            loaded.missing.append(name)
        elif name in label_aligned_rows and tuple(labels) != tuple(old_labels):
            moved = _by_label(value, found[name], old_labels, labels, label_aligned_rows[name])
            loaded.taken |= {} if moved is None else {name: moved}
            (loaded.misshapen if moved is None else loaded.by_label).append(name)
        elif value.shape != found[name].shape:
            loaded.misshapen.append(name)
        else:
            loaded.taken[name] = found[name]
    return loaded


def _by_label(
    own: Tensor, found: Tensor, old_labels: Sequence[str], labels: Sequence[str], rows: LabelAlignedRows
) -> Tensor | None:
    """The model's tensor with the found rows of labels that both know; None if the two cannot be told apart."""
    first = rows.background
    old_count, count = len(old_labels) + first, len(labels) + first
    if own.shape[1:] != found.shape[1:] or own.shape[0] * old_count != found.shape[0] * count:
        return None
    if own.shape[0] % (count * rows.inner) or found.shape[0] % (old_count * rows.inner):
        return None
    result = own.detach().clone()
    new_view = result.view(-1, count, rows.inner, *own.shape[1:])
    old_view = found.view(-1, old_count, rows.inner, *own.shape[1:])
    with torch.no_grad():
        new_view[:, :first] = old_view[:, :first]
        for position, label in enumerate(labels):
            if label in old_labels:
                new_view[:, first + position] = old_view[:, first + list(old_labels).index(label)]
    return result


def _warnings(loaded: Loaded, old_labels: Sequence[str], labels: Sequence[str]) -> list[str]:
    lines: list[tuple[str, Any]] = [
        ("Not in the start weights, so they keep their initial values", loaded.missing),
        ("In the start weights and not in this model, so they are ignored", loaded.unexpected),
        ("Different shape (other classes, channels or layers), so they keep their initial values", loaded.misshapen),
    ]
    told = [f"{words}: {_names(names)}." for words, names in lines if names]
    if loaded.by_label:
        new = [label for label in labels if label not in old_labels]
        more = f" New classes start from random values: {_names(new)}." if new else ""
        told.append(
            f"The classes are not those of the start weights: the outputs of {len(loaded.labels)} classes that both "
            f"know were taken over by name.{more}"
        )
    return told


def _names(names: Sequence[str]) -> str:
    rest = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + rest
