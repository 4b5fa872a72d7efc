"""TokenizedInput: what all inputs of tokens have in common: a tokenizer, its files, and the place weights come from."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from studio.modeling.composed_recipe import BatchT, Input
from studio.modeling.recipe import Assets
from studio.modeling.text.sources.backbone import assets_for, pretrained_name, tokenizer_of
from studio.modeling.text.sources.sources import find_text_model
from studio.modeling.weights import WeightsFile
from studio.results.sample_view import TextBlock
from studio.settings.schema import SettingsSchema


class TokenizedInput(Input[BatchT]):
    """Rows as tokens of a transformer."""

    def __init__(self, settings: Any, assets: Assets) -> None:
        super().__init__(settings, assets)
        self.tokenizer = tokenizer_of(settings, assets)

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

    def token_block(self, ids: Sequence[int], what: str = "tokens") -> TextBlock:
        """Tokens as they go in, for a page."""
        return TextBlock(name=f"{len(ids)} {what}", text=self.tokenizer.readable(list(ids)))
