"""How to train and score image classification."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.classification.answers import ClassAnswers
from studio.modeling.classification.losses import loss_of
from studio.modeling.classification.targets import space_of, target_of, truth_of
from studio.modeling.images.batch_normalization import keeps_statistics
from studio.modeling.images.flips import flipped_views
from studio.modeling.images.hires_cam import attribution_maps
from studio.modeling.images.mixing import mixtures
from studio.modeling.images.pipelines import CUSTOM, transforms_of
from studio.modeling.images.placement import Placement, placed
from studio.modeling.images.reader import read_picture, stack_images
from studio.modeling.images.transforms import Transforms
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import (
    Assets,
    Batch,
    BatchPicture,
    ClassRows,
    Draw,
    Media,
    Note,
    Recipe,
    SampleRow,
    Samples,
    Scored,
    Split,
    Target,
)
from studio.modeling.weights import WeightsFile
from studio.problems.image_classification.model import ImageClassifier
from studio.results.insight import Insight
from studio.results.metric import MetricInfo
from studio.results.sample_view import SampleView
from studio.settings.schema import SettingsSchema


class Item(NamedTuple):
    """One image with its target, NaN where unknown."""

    row: int
    image: NDArray[np.uint8]
    target: NDArray[np.float32] | None
    placement: Placement | None = None


@dataclass
class ImageBatch(Batch):
    """Images (B, C, H, W) as bytes, targets (B, K)."""

    images: Tensor
    targets: Tensor | None = None
    placements: list[Placement] = field(default_factory=list)
    """Where the images lie in their files, if that is not simply resized."""


class ImageSamples(Samples):
    """Images of a table, resized and augmented."""

    def __init__(
        self,
        names: Sequence[str],
        rows: Sequence[int],
        media: Media,
        channels: int,
        transforms: Transforms,
        truth: NDArray[np.float32] | None,
        *,
        with_placement: bool,
    ) -> None:
        super().__init__(len(names))
        self._names, self._rows, self._media, self._channels = names, rows, media, channels
        self._transforms, self._truth, self._with_placement = transforms, truth, with_placement

    def __getitem__(self, draw: Draw) -> Item:
        name, row = self._names[draw.row], self._rows[draw.row]
        picture = read_picture(self._media, name, self._channels, row, self._transforms.first_size)
        target = None if self._truth is None else self._truth[draw.row]
        placement = None
        if self._with_placement:
            placement = Placement(picture.in_file(self._transforms.frame(picture.pixels)), picture.size)
        return Item(draw.row, self._transforms.image(picture.pixels, draw.seed), target, placement)


class ImageClassificationRecipe(Recipe[ImageBatch]):
    """A timm backbone with a linear layer, for one of two, one of many, or several classes an image."""

    raw_format = "npz"

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        super().__init__(settings, target, metrics, assets)
        self.space = space_of(target, self.settings.dataset.label_columns)
        self.answers = ClassAnswers(self.space, float(self.settings.prediction.probability_threshold))
        self.loss_function = loss_of(self.settings.training, self.space)

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        return target_of(settings, table)

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.space.has_labels(table)

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield from self.answers.notes(self.loss_function.name, validation, test)

    def samples(self, table: pd.DataFrame, media: Media, *, training: bool) -> Samples:
        image = self.settings.image
        return ImageSamples(
            [str(name) for name in table[self.settings.dataset.image_column]],
            row_numbers(table),
            media,
            image.image_channels,
            transforms_of(self.settings, training=training),
            truth_of(table, self.space),
            with_placement=not training and self.settings.augmentation.augmentations_strategy == CUSTOM,
        )

    def collate(self, items: Sequence[Item]) -> ImageBatch:
        targets = [item.target for item in items if item.target is not None]
        return ImageBatch(
            rows=[item.row for item in items],
            images=stack_images([item.image for item in items]),
            targets=torch.from_numpy(np.stack(targets)) if targets else None,
            placements=[item.placement for item in items if item.placement is not None],
        )

    def weights_name(self) -> str | None:
        architecture = self.settings.architecture
        return architecture.backbone if architecture.pretrained else None

    def model(self, weights: WeightsFile | None) -> nn.Module:
        settings = self.settings
        keep = keeps_statistics(
            settings.architecture.batch_normalization,
            is_gentle=settings.architecture.pretrained
            and "Backbone" in settings.training.differential_learning_rate_layers,
            batch_size=settings.training.batch_size,
        )
        return ImageClassifier(settings, self.loss_function.outputs, weights, keep_statistics=keep)

    def layer_groups(self, model: nn.Module) -> Mapping[str, Sequence[nn.Parameter]]:
        assert isinstance(model, ImageClassifier)
        return {"Backbone": list(model.backbone.parameters()), "Head": list(model.head.parameters())}

    def class_rows(self, model: nn.Module) -> Mapping[str, ClassRows]:
        is_one_each = self.loss_function.is_one_output_a_class
        return {"head.weight": ClassRows(), "head.bias": ClassRows()} if is_one_each else {}

    def loss(self, model: nn.Module, batch: ImageBatch) -> Tensor:
        assert batch.targets is not None
        return self.loss_function.per_sample(model(batch.images), batch.targets).mean()

    def mix(self, batch: ImageBatch) -> ImageBatch:
        augmentation = self.settings.augmentation
        height, width = batch.images.shape[-2:]
        for one in mixtures(augmentation, len(batch), height, width, corner=augmentation.cutmix_corner):
            assert batch.targets is not None
            batch = replace(
                batch, images=one.images(batch.images), targets=one.targets(batch.targets, augmentation.mix_target)
            )
        return batch

    def score(self, model: nn.Module, batch: ImageBatch) -> Scored:
        """With test time augmentations, the mean of the probabilities and of the losses over all views."""
        views = [model(images) for images in flipped_views(batch.images, self.settings.prediction)]
        means = torch.stack([self.loss_function.probabilities(logits) for logits in views]).mean(0)
        losses = None
        if batch.targets is not None:
            targets = batch.targets
            of_views = [self.loss_function.per_sample(logits, targets) for logits in views]
            losses = torch.stack(of_views).mean(0).cpu().numpy()
        return Scored([{"probabilities": row} for row in means.cpu().numpy()], losses)

    def attributions(self, model: nn.Module, batch: ImageBatch) -> list[NDArray[np.float32]] | None:
        """HiResCAM of the answer; where an image may have several labels, of the likeliest."""

        def of_answer(logits: Tensor) -> Tensor:
            probabilities = self.loss_function.probabilities(logits.detach()).cpu().numpy().astype(np.float64)
            chosen = self.answers.explained(probabilities)
            return self.loss_function.logits_of(logits, torch.from_numpy(chosen).to(logits.device))

        maps = attribution_maps(model, batch.images, of_answer)
        if maps is None:
            return None
        found = list(maps.cpu().numpy())
        if not batch.placements:
            return found
        return [placed(one, placement) for one, placement in zip(found, batch.placements, strict=True)]

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        return self.answers.pseudo_labels(scored)

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return self.answers.columns(scored)

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        return self.answers.metrics(scored)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        return self.answers.insights(scored, split)

    def sample_rows(self, scored: ScoredTable, media: Media) -> Iterator[SampleRow]:
        names = [str(name) for name in scored.table[self.settings.dataset.image_column]]
        shown = (
            {"title": name, "media": media.reference(name, *scored.size_of(position))}
            for position, name in enumerate(names)
        )
        return self.answers.sample_rows(scored, shown)

    def batch_pictures(self, batch: ImageBatch, table: pd.DataFrame) -> Iterator[BatchPicture]:
        rows = row_numbers(table)
        names = table[self.settings.dataset.image_column]
        for position, row in enumerate(batch.rows):
            truth = None if batch.targets is None else self.answers.truth_view(batch.targets[position].numpy())
            view = SampleView(row=rows[row], title=str(names.iloc[row]), truth=truth)
            yield BatchPicture(batch.images[position].permute(1, 2, 0).numpy(), view)
