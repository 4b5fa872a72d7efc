"""What the recipes of text have in common: a tokenizer, a transformer, and the place its weights come from."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from studio.modeling.recipe import Assets, BatchT, Recipe, Target
from studio.modeling.text.sources.backbone import assets_for, pretrained_name, tokenizer_of
from studio.modeling.text.sources.sources import find_text_model
from studio.modeling.weights import WeightsFile
from studio.results.metric import MetricInfo
from studio.settings.schema import SettingsSchema


class TextRecipe(Recipe[BatchT]):
    """A recipe whose model is a transformer of text."""

    def __init__(
        self,
        settings: SettingsSchema,
        target: Target,
        metrics: Sequence[MetricInfo] = (),
        assets: Assets | None = None,
    ) -> None:
        super().__init__(settings, target, metrics, assets)
        self.tokenizer = tokenizer_of(self.settings, self.assets)

    @classmethod
    @abstractmethod
    def texts_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Iterator[str]:
        """Every text that a tokenizer for this table must know."""

    @classmethod
    def adapted(cls, config: dict[str, Any]) -> dict[str, Any]:
        """The configuration of the model, from that of its backbone."""
        return config

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        return assets_for(settings, lambda: cls.texts_of(settings, table), cls.adapted)

    def weights_name(self) -> str | None:
        return pretrained_name(self.settings.architecture)

    def find_weights(self, name: str) -> WeightsFile:
        return find_text_model(name).weights()
