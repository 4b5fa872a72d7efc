"""A tokenizer of a few sentences and models of a few thousand weights."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from studio.modeling.text.sources.assets import text_assets
from studio.modeling.text.tokens.tokenizer import TextTokenizer

SENTENCES = (
    "I want to close my account today.",
    "Why was my card payment declined?",
    "Naïve café owners 👩‍🍳 say: don't.",
    "שלום עולם, the transfer is late.",
    "Close the card.",
)


@pytest.fixture(scope="session")
def sentences() -> tuple[str, ...]:
    return SENTENCES * 3


@pytest.fixture(scope="session")
def assets(sentences: tuple[str, ...]) -> Mapping[str, bytes]:
    return text_assets("scratch/bert-mini", lambda: sentences)


@pytest.fixture
def tokenizer(assets: Mapping[str, bytes]) -> TextTokenizer:
    return TextTokenizer.of(assets, lowercase=False)


@pytest.fixture
def architecture() -> Any:
    return SimpleNamespace(
        backbone="scratch/bert-mini",
        intermediate_dropout=0.0,
        gradient_checkpointing=False,
        pool="Average",
        dropout=0.0,
    )
