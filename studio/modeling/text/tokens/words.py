"""EncodedWords: a list of words as tokens, with the token that begins each word.

Shapes: W words, T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.datasets.texts.entity_spans import word_starts
from studio.modeling.text.tokens.tokenizer import TextTokenizer


@dataclass(frozen=True)
class EncodedWords:
    """Every word has at least one token."""

    ids: NDArray[np.int32]
    """(T)"""
    sizes: NDArray[np.int64]
    """Tokens of each word (W)."""

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first token of each word (W)."""
        return np.cumsum(self.sizes) - self.sizes


def encode_words(tokenizer: TextTokenizer, sentences: Sequence[Sequence[str]], longest: int) -> list[EncodedWords]:
    """Words of every sentence as tokens, at most `longest` each.

    They are encoded as one text with blanks in between, as the backbone saw texts in its training. A word that the
    tokenizer drops, such as a lone joiner, becomes the unknown token.
    """
    encodings = tokenizer.encode([" ".join(words) for words in sentences])
    filler = tokenizer.special.unknown if tokenizer.special.unknown is not None else tokenizer.special.pad
    return [
        _encoded(words, np.array(encoding.ids, np.int32), encoding.offsets, longest, filler)
        for words, encoding in zip(sentences, encodings, strict=True)
    ]


def _encoded(
    words: Sequence[str], ids: NDArray[np.int32], offsets: Sequence[tuple[int, int]], longest: int, filler: int
) -> EncodedWords:
    if not words:
        return EncodedWords(np.zeros(0, np.int32), np.zeros(0, np.int64))
    places = np.array(offsets, dtype=np.int64).reshape(-1, 2)
    # The last character of a token is never the blank before its word, and its first may be.
    owner = np.searchsorted(word_starts(words), np.maximum(places[:, 1] - 1, places[:, 0]), side="right") - 1
    sizes = np.bincount(owner, minlength=len(words))
    rank = np.arange(len(ids)) - (np.cumsum(sizes) - sizes)[owner]
    kept = rank < longest
    dropped = np.flatnonzero(sizes == 0)
    filled = np.insert(ids[kept], np.searchsorted(owner[kept], dropped), filler).astype(np.int32)
    return EncodedWords(filled, np.clip(sizes, 1, longest))
