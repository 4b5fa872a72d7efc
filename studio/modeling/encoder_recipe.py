"""EncoderRecipe: an input with an encoder and a task with heads make a model that is an encoder with a head.

Shapes: B batch, F features, O outputs, K targets. An encoder that gives a vector a token has (B, L, F) and so on.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from studio.modeling.batch_normalization import KeepsStatistics
from studio.modeling.composed_recipe import BatchT, ComposedRecipe, Input, Task
from studio.modeling.layout import Layout, apply_layout
from studio.modeling.predictions import Raw
from studio.modeling.recipe import Attribution, Scored
from studio.modeling.weights import WeightsFile

Score = Callable[[Tensor], Tensor]
"""Of outputs (B, O) one number a sample (B), such as the logit of one class."""


@dataclass(frozen=True)
class Encoder:
    """What turns the tensors of a batch into vectors (B, F)."""

    modules: Mapping[str, nn.Module]
    """By name, in the order in which they are applied; the names are those of the model's weights."""
    features: int
    keeps_statistics: bool = False
    """Whether batch normalizations keep their running statistics in training."""
    layout: Layout = "Any"


class EncoderInput(Input[BatchT]):
    """An input that has an encoder."""

    body_group: str = "Backbone"
    """The layer group that is the encoder."""
    tensor_count = 1
    """How many tensors the encoder is called with."""

    @abstractmethod
    def encoder(self, weights: WeightsFile | None) -> Encoder:
        """The encoder; with None, random."""

    @abstractmethod
    def tensors(self, batch: BatchT) -> tuple[Tensor, ...]:
        """What the encoder is called with."""

    def layer_groups(self, model: "EncoderModel") -> Mapping[str, list[nn.Parameter]]:
        """The parameters of the encoder by the names that settings use."""
        return {self.body_group: model.encoder_parameters}

    def views(self, batch: BatchT) -> Iterator[tuple[Tensor, ...]]:
        """The batch as it is, then in the other views that test time augmentations ask for."""
        yield self.tensors(batch)

    def chunk_counts(self, batch: BatchT) -> Sequence[int] | None:
        """How many of the encoder's vectors, one after the other, belong to each sample; None where each has one.

        Samples of several chunks are predicted by the mean over them.
        """
        return None

    def attributions(
        self, model: nn.Module, batch: BatchT, score_of: "Callable[[Tensor], Score]"
    ) -> Sequence[Attribution] | None:
        """See `Recipe.attributions`. `score_of` says of the outputs of this batch what is to be explained.

        `model` is called with `tensors` and has the modules of `encoder` under their names.
        """
        return None


class EncoderTask(Task):
    """A task that is heads on an encoder."""

    layer_groups: ClassVar[Mapping[str, str]] = {"head": "Head"}
    """The modules of `heads` by the names that settings use for them."""
    is_explained: ClassVar[bool] = True
    """Whether `score_of` says what an explanation is about."""

    @abstractmethod
    def heads(self, features: int) -> Mapping[str, nn.Module]:
        """Modules on top of the encoder by name. The first makes the model's outputs, the others serve the loss."""

    @abstractmethod
    def losses(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """One loss a sample (B), NaN where it has no truth."""

    def loss(self, model: nn.Module, outputs_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """The training loss of a batch."""
        return self.losses(model, outputs_BO, targets_BK).mean()

    @abstractmethod
    def raw(self, views: Sequence[Tensor]) -> list[Raw]:
        """Raw predictions of a batch from the outputs (B, O) of each of its views."""

    def probed(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Of a batch's features and targets, those (N, F) and (N, ...) that a linear probe learns from."""
        is_known = ~torch.isnan(targets).any(1)
        return features[is_known], targets[is_known]

    def fit_heads(self, model: nn.Module, features_NF: Tensor, targets: Tensor, seed: int) -> str | None:
        """Give the heads the weights of a linear probe; says in words what was chosen, None where there is none."""
        return None

    def score_of(self, outputs_BO: Tensor) -> Score:
        """What is to be explained of these outputs.

        Raises:
            NotImplementedError: where the task explains nothing.
        """
        raise NotImplementedError


class EncoderModel(KeepsStatistics):
    """Encoder, dropout and heads; gives the outputs (B, O) of the first head."""

    def __init__(self, encoder: Encoder, dropout: float, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self._encoder_names, self._output_name = tuple(encoder.modules), next(iter(heads))
        for name, module in {**encoder.modules, "dropout": nn.Dropout(dropout), **heads}.items():
            self.add_module(name, module)
        if encoder.keeps_statistics:
            for name in self._encoder_names:
                self.keep_statistics(self.get_submodule(name))
        apply_layout(self, encoder.layout)

    @property
    def encoder_parameters(self) -> list[nn.Parameter]:
        """Those of the encoder, without heads."""
        return [one for name in self._encoder_names for one in self.get_submodule(name).parameters()]

    def forward(self, *tensors: Tensor) -> Tensor:
        """The outputs."""
        return self.outputs_of(self.features(*tensors))

    def features(self, *tensors: Tensor) -> Tensor:
        """What the encoder gives."""
        return encoded(self, self._encoder_names, tensors)

    def outputs_of(self, features_BF: Tensor) -> Tensor:
        """The outputs of vectors that the encoder has given."""
        outputs_BO: Tensor = self.get_submodule(self._output_name)(self.get_submodule("dropout")(features_BF))
        return outputs_BO


def encoded(model: nn.Module, names: Sequence[str], tensors: Sequence[Tensor]) -> Tensor:
    """The vectors (B, F) of an encoder, whose modules are in a model under these names and follow one another."""
    first, *others = (model.get_submodule(name) for name in names)
    features_BF: Tensor = first(*tensors)
    for module in others:
        features_BF = module(features_BF)
    return features_BF


class EncoderRecipe(ComposedRecipe):
    """An encoder with heads."""

    raw_format: ClassVar[Literal["npz", "parquet"]] = "npz"
    input_class: ClassVar[type[EncoderInput[Any]]]
    task_class: ClassVar[type[EncoderTask]]
    input: EncoderInput[Any]
    task: EncoderTask

    def model(self, weights: WeightsFile | None) -> EncoderModel:
        encoder = self.input.encoder(weights)
        return EncoderModel(encoder, float(self.settings.architecture.dropout), self.task.heads(encoder.features))

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, EncoderModel)
        groups = {title: list(parameters) for title, parameters in self.input.layer_groups(model).items()}
        for name, title in self.task.layer_groups.items():
            groups[title] = [*groups.get(title, ()), *model.get_submodule(name).parameters()]
        return groups

    def fit_head(self, model: nn.Module, batches: Iterable[Any], seed: int) -> str | None:
        """Chunks of a sample are rows of their own."""
        assert isinstance(model, EncoderModel)
        found: list[tuple[Tensor, Tensor]] = []
        for batch in batches:
            counts = self.input.chunk_counts(batch)
            targets = batch.targets if counts is None else _repeated(batch.targets, counts)
            with torch.no_grad():
                features = model.features(*self.input.tensors(batch)).float()
            found.append(self.task.probed(features, targets))
        features_NF, targets = (torch.cat(parts) for parts in zip(*found, strict=True))
        return self.task.fit_heads(model, features_NF, targets, seed) if len(features_NF) else None

    def loss(self, model: nn.Module, batch: Any) -> Tensor:
        return self.task.loss(model, model(*self.input.tensors(batch)), batch.targets)

    def score(self, model: nn.Module, batch: Any) -> Scored:
        """With test time augmentations or several chunks, the mean of the predictions and of the losses over all."""
        views = [model(*tensors) for tensors in self.input.views(batch)]
        counts = self.input.chunk_counts(batch)
        losses = None
        if batch.targets is not None:
            targets = batch.targets if counts is None else _repeated(batch.targets, counts)
            means = torch.stack([self.task.losses(model, outputs, targets) for outputs in views]).mean(0)
            if counts is not None:
                means = torch.stack([part.mean() for part in torch.split(means, list(counts))])
            losses = means.float().cpu().numpy()
        return Scored(self.task.raw(views) if counts is None else self._raw_of_chunks(views, counts), losses)

    def _raw_of_chunks(self, views: Sequence[Tensor], counts: Sequence[int]) -> list[Raw]:
        """To a task, the chunks of a sample are views of it."""
        of_samples = zip(*(torch.split(outputs, list(counts)) for outputs in views), strict=True)
        return [self.task.raw([row[None] for view in sample for row in view])[0] for sample in of_samples]

    def attributions(self, model: nn.Module, batch: Any) -> Sequence[Attribution] | None:
        if not self.task.is_explained:
            return None
        assert isinstance(model, EncoderModel)
        return self.input.attributions(model, batch, self.task.score_of)


def _repeated(targets: Tensor, counts: Sequence[int]) -> Tensor:
    """Of each sample's target as many as it has chunks."""
    return targets.repeat_interleave(torch.tensor(counts, device=targets.device), 0)
