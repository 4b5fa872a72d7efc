"""How long a sequence a transformer has places for."""

from collections.abc import Mapping
from typing import Any

from studio.errors import TrainingError, in_quotes

RELATIVE = ("t5", "mt5", "umt5", "longt5", "xlnet")
"""Model types that know distances in place of places."""
COUNTED_FROM_PADDING = ("roberta", "xlm-roberta", "camembert", "longformer", "mpnet", "ibert", "data2vec-text")


def position_limit(values: Mapping[str, Any]) -> int | None:
    """The longest sequence that a model has places for; None where it has no such limit."""
    places = values.get("max_position_embeddings", values.get("n_positions"))
    # DeBERTa knows distances alone, unless it is told to add places.
    is_relative = values.get("model_type") in RELATIVE or values.get("position_biased_input") is False
    if is_relative or not isinstance(places, int) or places < 1:
        return None
    # RoBERTa and its kin count places from behind the padding token's.
    offset = int(values.get("pad_token_id") or 0) + 1 if values.get("model_type") in COUNTED_FROM_PADDING else 0
    return places - offset


def check_length(values: Mapping[str, Any], length: int, setting: str, name: str) -> None:
    """Refuse a length that the backbone has no places for.

    Raises:
        TrainingError: naming both.
    """
    limit = position_limit(values.get("encoder", values))
    if limit is not None and length > limit:
        raise TrainingError(
            f"{setting} is {length} tokens, and the backbone {in_quotes(name)} reads at most {limit}.",
            hint=f"Set {setting} to {limit} or less, or choose a backbone that reads more.",
            code="too_long",
        )
