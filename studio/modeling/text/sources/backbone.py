"""Backbone: tokenizer, assets and weights of the transformer that the settings name."""

from collections.abc import Callable, Iterator
from typing import Any

from studio.modeling.recipe import Assets
from studio.modeling.text.position_limits import check_length
from studio.modeling.text.sources.assets import config_of, text_assets
from studio.modeling.text.sources.sources import is_scratch
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.settings.schema import SettingsSchema


def tokenizer_of(settings: Any, assets: Assets) -> TextTokenizer:
    """The tokenizer of a model.

    Raises:
        TrainingError: if the settings ask for longer texts than its backbone takes.
    """
    name, limits = str(settings.architecture.backbone), settings.tokenizer
    check_length(config_of(assets), limits.max_length, "Max length", name)
    check_length(config_of(assets), getattr(limits, "label_max_length", 0), "Label max length", name)
    return TextTokenizer.of(assets, lowercase=bool(limits.lowercase))


def assets_for(
    settings: SettingsSchema,
    texts: Callable[[], Iterator[str]],
    adapted: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Assets:
    """Configuration and tokenizer; a new tokenizer is trained on `texts`. `adapted` changes the configuration."""
    is_lower = bool(settings.value("tokenizer.lowercase"))
    name = str(settings.value("architecture.backbone"))
    return text_assets(name, lambda: (text.lower() if is_lower else text for text in texts()), adapted)


def pretrained_name(architecture: Any) -> str | None:
    """The backbone whose pretrained weights are wanted; None for random ones."""
    is_pretrained = architecture.pretrained and not is_scratch(architecture.backbone)
    return str(architecture.backbone) if is_pretrained else None
