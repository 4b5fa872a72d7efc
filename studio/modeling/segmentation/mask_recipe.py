"""MaskRecipe: a network that gives every pixel or voxel its classes, over whatever input has them.

Shapes: B batch, K classes, O outputs.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from studio.modeling.batch_normalization import KeepsStatistics
from studio.modeling.composed_recipe import ComposedRecipe
from studio.modeling.predictions import Raw
from studio.modeling.recipe import LabelAlignedRows, Scored
from studio.modeling.segmentation.losses import SegmentationLoss
from studio.modeling.segmentation.truth import TrueMasks

BODY_GROUP = "Encoder"


class MaskedBatch(Protocol):
    """What is asked of a batch of samples with masks."""

    rows: list[int]
    targets: Tensor | None
    """(B, K, ...) at network size."""
    masks_in_file: list[TrueMasks]


class MaskedInput(Protocol):
    """What is asked of an input whose samples have masks, beside what every input answers."""

    def tensors(self, batch: Any) -> tuple[Tensor, ...]:
        """What the network is called with."""

    def views(self, batch: Any) -> Iterator[tuple[Tensor, ...]]:
        """The batch as it is, then in the other views that test time augmentations ask for."""

    def parts(self, batch: Any) -> Iterator[Any]:
        """The batch in parts: samples that are one image each, or one sample that is several."""

    def turned_back(self, outputs: Sequence[Tensor]) -> list[Tensor]:
        """Outputs of every view, as they lie on the samples as they are."""

    def in_file(self, batch: Any, values: Tensor) -> Iterator[Tensor]:
        """Values a pixel of the network (B, K, ...) as values a pixel of each file (K, ...)."""

    def keeps_statistics(self, body_group: str) -> bool:
        """Whether batch normalizations of the pretrained part keep their running statistics."""


class MaskNetwork(KeepsStatistics):
    """What is asked of a network: samples to outputs (B, O, ...) a pixel, whose last layer has a row an output."""

    @abstractmethod
    def layer_groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """See `Recipe.layer_groups`."""

    @abstractmethod
    def label_aligned_rows(self, background: int) -> Mapping[str, LabelAlignedRows]:
        """See `Recipe.label_aligned_rows`; `background` outputs come before those of the classes."""


class PixelTask(Protocol):
    """What is asked of a task that is answered pixel by pixel, beside what every task answers."""

    loss_function: SegmentationLoss

    @property
    def outputs(self) -> int:
        """Outputs a pixel; those of the labels come last."""

    def raw(self, probabilities: Tensor, truth: TrueMasks | None) -> Raw:
        """The raw prediction of one sample from its probabilities in the pixels of its file."""

    def raw_difference(self, raw: Raw, other: Raw) -> float:
        """See `Recipe.raw_difference`."""


class MaskRecipe(ComposedRecipe):
    """Loss and predictions of masks. A subclass builds the network, a `MaskNetwork`."""

    raw_format = "parquet"
    input: Any

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, MaskNetwork)
        return model.layer_groups()

    def label_aligned_rows(self, model: nn.Module) -> Mapping[str, LabelAlignedRows]:
        assert isinstance(model, MaskNetwork)
        return model.label_aligned_rows(self.outputs - len(self.target.labels))

    def loss(self, model: nn.Module, batch: MaskedBatch) -> Tensor:
        assert batch.targets is not None
        return self._pixel_task.loss_function(model(*self._masked_input.tensors(batch)), batch.targets)

    def score(self, model: nn.Module, batch: MaskedBatch) -> Scored:
        """With test time augmentations, the mean of the probabilities and of the losses over all views."""
        scored = [self._scored(model, part) for part in self._masked_input.parts(batch)]
        losses = [one.losses for one in scored if one.losses is not None]
        return Scored([raw for one in scored for raw in one.raw], np.concatenate(losses) if losses else None)

    def _scored(self, model: nn.Module, part: MaskedBatch) -> Scored:
        """Of samples that are one image each, or of one sample that is several."""
        loss, count = self._pixel_task.loss_function, len(part.rows)
        views = [self._in_turns(model, one) for one in self._masked_input.views(part)]
        outputs = self._masked_input.turned_back(views)
        losses = None
        if part.targets is not None:
            of_views = torch.stack([loss.per_sample(one, part.targets) for one in outputs]).mean(0)
            losses = of_views.float().reshape(count, -1).mean(1).cpu().numpy()
        probabilities = torch.stack([loss.probabilities(one) for one in outputs]).mean(0)
        truths: Sequence[TrueMasks | None] = part.masks_in_file or [None] * count
        in_file = self._masked_input.in_file(part, probabilities)
        return Scored([self._pixel_task.raw(one, truth) for one, truth in zip(in_file, truths, strict=True)], losses)

    def _in_turns(self, model: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        """The outputs, of no more at a time than a batch has."""
        size = int(self.settings.training.batch_size)
        pieces = zip(*(torch.split(one, size) for one in tensors), strict=True)
        return torch.cat([model(*piece) for piece in pieces])

    def raw_difference(self, raw: Raw, expected: Raw) -> float:
        return self._pixel_task.raw_difference(raw, expected)

    @property
    def outputs(self) -> int:
        """How many the network gives a pixel."""
        return self._pixel_task.outputs

    @property
    def keeps_statistics(self) -> bool:
        """Whether the encoder's batch normalizations keep their running statistics."""
        return self._masked_input.keeps_statistics(BODY_GROUP)

    @property
    def _masked_input(self) -> MaskedInput:
        found: MaskedInput = self.input
        return found

    @property
    def _pixel_task(self) -> PixelTask:
        task: Any = self.task
        found: PixelTask = task
        return found
