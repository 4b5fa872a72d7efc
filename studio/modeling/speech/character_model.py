"""CharacterModel: how likely a character is after those before it, counted in transcripts.

An n-gram model with the interpolation of Witten and Bell (1991), as in Chen and Goodman 1999, "An empirical study of
smoothing techniques for language modeling": what followed a context often says more than what followed its end.
Characters instead of words, so that no word is unknown.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

from studio.errors import WeightsError
from studio.json_text import parse_json

LANGUAGE_MODEL = "language_model.json"
ORDER = 6
"""Characters of an n-gram: about a word and the end of the one before it."""
MOST_LONG_NGRAMS = 500_000
"""If there are more of one length, those that occur once are left out."""
TEXTS_HELD_OUT = 200

Context = tuple[int, ...]


@dataclass(frozen=True)
class CharacterModel:
    """Counts of what followed every context of up to `ORDER - 1` characters, the start of a text being `boundary`."""

    counts: Mapping[Context, Mapping[int, int]]
    vocabulary_size: int
    boundary: int
    mean: float
    """The mean log probability of a character in texts that were not counted."""
    _known: dict[Context, list[float]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of_texts(cls, texts: Sequence[Sequence[int]], vocabulary_size: int, boundary: int) -> Self:
        """Counted in all texts; how well it knows others is measured with one of every two."""
        half = cls(_counted(texts[::2], boundary), vocabulary_size, boundary, 0.0)
        others = list(islice(texts[1::2], TEXTS_HELD_OUT)) or texts
        values = [half.log_probability(text[:place], text[place]) for text in others for place in range(len(text))]
        mean = sum(values) / len(values) if values else 0.0
        return cls(_counted(texts, boundary), vocabulary_size, boundary, mean)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """As `to_bytes` wrote it.

        Raises:
            WeightsError: if the content is none of ours.
        """
        try:
            values: dict[str, Any] = parse_json(content)
            counts = {
                tuple(map(int, context.split())): {int(sign): int(count) for sign, count in followers.items()}
                for context, followers in values["counts"].items()
            }
            return cls(counts, int(values["vocabulary_size"]), int(values["boundary"]), float(values["mean"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(
                f"{LANGUAGE_MODEL} holds no counts of characters.", hint="Train the model again.", code="model_files"
            ) from error

    def to_bytes(self) -> bytes:
        """As an asset."""
        counts = {" ".join(map(str, context)): followers for context, followers in self.counts.items()}
        content = {"vocabulary_size": self.vocabulary_size, "boundary": self.boundary, "mean": self.mean}
        return json.dumps({**content, "counts": counts}, separators=(",", ":")).encode()

    def log_probability(self, before: Sequence[int], number: int) -> float:
        """Of one character after a text."""
        context = (self.boundary, *before[-ORDER:])[-(ORDER - 1) :]
        return self._after(context)[number]

    def _after(self, context: Context) -> list[float]:
        """Log probabilities of all characters after a context."""
        if context not in self._known:
            self._known[context] = [math.log(one) for one in self._smoothed(context)]
        return self._known[context]

    def _smoothed(self, context: Context) -> list[float]:
        """What followed the context, and as much of what followed its end as it had different followers."""
        if context:
            shorter = [math.exp(one) for one in self._after(context[1:])]
        else:
            shorter = [1 / self.vocabulary_size] * self.vocabulary_size
        followers = self.counts.get(context)
        if not followers:
            return shorter
        total, kinds = sum(followers.values()), len(followers)
        return [(followers.get(number, 0) + kinds * less) / (total + kinds) for number, less in enumerate(shorter)]


def _counted(texts: Iterable[Sequence[int]], boundary: int) -> dict[Context, dict[int, int]]:
    """What follows every context."""
    ngrams: list[Counter[Context]] = [Counter() for _ in range(ORDER)]
    for text in texts:
        signs = (boundary, *text, boundary)
        for length, found in enumerate(ngrams, start=1):
            # What begins a text is given, not predicted, so no n-gram consists of it alone.
            found.update(zip(*(signs[start:] for start in range(length)), strict=False))
    counts: dict[Context, dict[int, int]] = defaultdict(dict)
    for found in ngrams:
        least = 2 if len(found) > MOST_LONG_NGRAMS else 1
        for ngram, count in found.items():
            if count >= least:
                counts[ngram[:-1]][ngram[-1]] = count
    return dict(counts)
