"""JointInput: several inputs of a row, each with an encoder of its own, whose vectors become one.

Shapes: B batch, K targets.
"""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, product
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.composed_recipe import ShownRow, TargetBatch, TruthView
from studio.modeling.encoder_recipe import Encoder, EncoderInput, EncoderModel, Score
from studio.modeling.joint.fusion import fusion_of
from studio.modeling.joint.joint_encoder import JointEncoder, PartEncoder, PartOfModel
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import (
    Assets,
    Attribution,
    Attributions,
    BatchPicture,
    Media,
    Note,
    SampleIndex,
    Samples,
    Split,
)
from studio.modeling.weights import JointWeights, WeightsFile
from studio.results.insight import Insight
from studio.settings.part_settings import settings_of_part
from studio.settings.schema import SettingsSchema

ENCODER = "encoder"


class JointItem(NamedTuple):
    """One sample of every part; the first has what is to be learned."""

    row: int
    parts: tuple[Any, ...]


@dataclass
class JointBatch(TargetBatch):
    """A batch of every part, of the same rows; targets (B, K) are those of the first."""

    parts: dict[str, TargetBatch] = field(default_factory=dict)

    def to(self, device: torch.device) -> Self:
        """This batch with every tensor of every part on a device."""
        moved = {name: part.to(device) for name, part in self.parts.items()}
        return replace(super().to(device), parts=moved)


class JointSamples(Samples):
    """Samples of several parts side by side."""

    def __init__(self, parts: Sequence[Samples]) -> None:
        super().__init__(len(parts[0]))
        self._parts = tuple(parts)

    def __getitem__(self, draw: SampleIndex) -> JointItem:
        return JointItem(draw.row, tuple(part[draw] for part in self._parts))

    def lengths(self) -> NDArray[Any] | None:
        """Those of the parts together, where some have lengths."""
        found = [lengths for part in self._parts if (lengths := part.lengths()) is not None]
        return np.sum(found, axis=0) if found else None

    def cut_count(self) -> int | None:
        """Of the part of which most are cut."""
        return max((count for part in self._parts if (count := part.cut_count()) is not None), default=None)


class JointInput(EncoderInput[JointBatch]):
    """Parts by name. Each has the settings that `studio/settings/part_settings.py` names, and whether it is frozen."""

    part_classes: ClassVar[Mapping[str, type[EncoderInput[Any]]]]

    def __init__(self, settings: Any, assets: Assets) -> None:
        super().__init__(settings, assets)
        self.parts = {name: one(settings_of_part(settings, name), assets) for name, one in self.part_classes.items()}
        for name, part in self.parts.items():
            part.body_group = group_of(name)

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        of_parts = (one.assets_of(settings_of_part(settings, name), table) for name, one in cls.part_classes.items())
        return dict(chain.from_iterable(assets.items() for assets in of_parts))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        return chain.from_iterable(part.notes(validation, test) for part in self.parts.values())

    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> Samples:
        first, *others = self.parts.values()
        return JointSamples(
            [
                first.samples(table, media, targets, training=training),
                *(part.samples(table, media, None, training=training) for part in others),
            ]
        )

    def collate(self, items: Sequence[JointItem]) -> JointBatch:
        columns = zip(*(item.parts for item in items), strict=True)
        batches = {name: part.collate(column) for (name, part), column in zip(self.parts.items(), columns, strict=True)}
        targets = next(iter(batches.values())).targets
        return JointBatch(rows=[item.row for item in items], targets=targets, parts=batches)

    # Weights

    def weights_name(self) -> str | None:
        """Those of all parts that start from pretrained ones."""
        return " and ".join(self._weights_names().values()) or None

    def find_weights(self, name: str) -> WeightsFile:
        return JointWeights.of(
            {part: self.parts[part].find_weights(one) for part, one in self._weights_names().items()}
        )

    def _weights_names(self) -> dict[str, str]:
        return {name: wanted for name, part in self.parts.items() if (wanted := part.weights_name()) is not None}

    def encoder(self, weights: WeightsFile | None) -> Encoder:
        """Every part's encoder, and their fusion."""
        known = weights.parts if isinstance(weights, JointWeights) else {}
        architecture = self.settings.architecture
        encoders = {name: part.encoder(known.get(name)) for name, part in self.parts.items()}
        frozen = {name: bool(getattr(architecture, f"freeze_{name}_encoder")) for name in self.parts}
        sizes = [one.features for one in encoders.values()]
        fusion = fusion_of(architecture.fusion, sizes, architecture.fusion_size)
        modules = {name: PartEncoder(one, is_frozen=frozen[name]) for name, one in encoders.items()}
        counts = [part.tensor_count for part in self.parts.values()]
        return Encoder(
            {ENCODER: JointEncoder(modules, counts, fusion)},
            fusion.features,
            keeps_statistics=any(one.keeps_statistics for one in encoders.values()),
            layout=next((one.layout for one in encoders.values() if one.layout != "Any"), "Any"),
        )

    def layer_groups(self, model: EncoderModel) -> Mapping[str, list[nn.Parameter]]:
        """Every part's encoder, and what joins them."""
        joint = model.get_submodule(ENCODER)
        assert isinstance(joint, JointEncoder)
        groups = {group_of(name): list(joint.part(name).parameters()) for name in self.parts}
        return {**groups, "Fusion": list(joint.fusion.parameters())}

    def tensors(self, batch: JointBatch) -> tuple[Tensor, ...]:
        return tuple(chain.from_iterable(self._tensors(batch).values()))

    def _tensors(self, batch: JointBatch) -> dict[str, tuple[Tensor, ...]]:
        return {name: part.tensors(batch.parts[name]) for name, part in self.parts.items()}

    def views(self, batch: JointBatch) -> Iterator[tuple[Tensor, ...]]:
        """Every view of one part with every view of the others."""
        views = [list(part.views(batch.parts[name])) for name, part in self.parts.items()]
        return (tuple(chain.from_iterable(chosen)) for chosen in product(*views))

    # What a person sees

    def attributions(
        self, model: nn.Module, batch: JointBatch, score_of: Callable[[Tensor], Score]
    ) -> Sequence[Attribution] | None:
        """What each part can say, while the other parts stay as they are."""
        tensors = self._tensors(batch)
        of_parts = [
            found
            for name, part in self.parts.items()
            if (found := part.attributions(PartOfModel(model, name, tensors), batch.parts[name], score_of)) is not None
        ]
        return [Attributions(sample) for sample in zip(*of_parts, strict=True)] if of_parts else None

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        for rows in zip(*(part.shown(scored, media) for part in self.parts.values()), strict=True):
            # A title of the first part says where the sample comes from.
            yield ShownRow(
                view=dict(ChainMap(*(dict(one.view) for one in rows))),
                neighbour=dict(ChainMap(*(dict(one.neighbour) for one in rows))),
            )

    def batch_pictures(self, batch: JointBatch, table: pd.DataFrame, truth_view: TruthView) -> Iterator[BatchPicture]:
        of_parts = (part.batch_pictures(batch.parts[name], table, truth_view) for name, part in self.parts.items())
        for pictures in zip(*of_parts, strict=True):
            pixels = next((one.pixels for one in pictures if one.pixels is not None), None)
            texts = tuple(chain.from_iterable(one.view.texts for one in pictures))
            yield BatchPicture(pixels, pictures[0].view.model_copy(update={"texts": texts}))

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        return chain.from_iterable(part.insights(scored, split) for part in self.parts.values())


def group_of(part: str) -> str:
    """The layer group that is a part's encoder."""
    return f"{part.capitalize()} encoder"
