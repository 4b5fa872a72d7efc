"""Facts about a dataset's texts: lengths in characters and tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.datasets.histograms import histogram
from studio.datasets.profile import DatasetProfile, Histogram
from studio.datasets.texts.text_part import TextLengths, TextPart
from studio.datasets.texts.token_lengths import text_lengths
from studio.on_demand import np

QUANTILES = (50, 90, 95, 99, 100)


def text_profile(parts: Mapping[str, Sequence[str]], titles: Mapping[str, str]) -> DatasetProfile:
    """Lengths of every part (`text`, `label`, ...) with histograms under the parts' titles.

    Facts: `<part>_tokens_p50` to `_p100`, and `<part>_characters_median`.
    """
    lengths = {part: text_lengths(texts) for part, texts in parts.items() if len(texts)}
    facts: dict[str, float] = {}
    histograms: list[Histogram] = []
    for part, one in lengths.items():
        tokens = expanded(one)
        characters = [len(text) for text in parts[part]]
        facts |= {f"{part}_tokens_p{q}": float(np.percentile(tokens, q)) for q in QUANTILES}
        facts[f"{part}_characters_median"] = float(np.median(characters))
        title = titles.get(part, part)
        unit = "tokens" if one.tokenizer else "tokens (estimated)"
        histograms += [histogram(f"{title}: tokens", unit, tokens), histogram(f"{title}: characters", "", characters)]
    return DatasetProfile(facts=facts, histograms=tuple(histograms)).with_parts(TextPart(lengths=lengths))


def expanded(lengths: TextLengths) -> list[int]:
    """One length a counted row."""
    return [tokens for tokens, rows in lengths.counts for _ in range(rows)]
