"""Encoded texts: the token ids of a whole column, flat in one array, kept on disk by their content."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.modeling.input_cache import Entry, InputCache
from studio.modeling.text.tokens.tokenizer import TextTokenizer

CHARACTERS_A_TOKEN = 32
"""Characters of a text that are read for each token of room: no tokenizer needs as many, a cell may hold 10 MiB."""
CHUNK_TEXTS = 2048


@dataclass(frozen=True)
class EncodedTexts:
    """Token ids of texts, without special tokens, at most `room` each."""

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    """One more than there are texts."""
    is_cut: NDArray[np.bool_]
    """Whether a text has more tokens than there was room for."""

    def __len__(self) -> int:
        return len(self.is_cut)

    def __getitem__(self, position: int) -> NDArray[np.int32]:
        return self.ids[self.starts[position] : self.starts[position + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of every text."""
        return np.diff(self.starts)


def encode_texts(
    tokenizer: TextTokenizer, texts: Sequence[str], room: int, cache: InputCache | None = None
) -> EncodedTexts:
    """The tokens of texts, from the cache where the same texts were encoded the same way before."""
    if cache is None or not texts:
        return _encoded(tokenizer, texts, room)
    variant, key = f"tokens-{_digest([tokenizer.raw.to_str(), str(room)])[:16]}", _digest(texts)
    entry = cache.get_by_key(key, variant, lambda: Entry(_packed(_encoded(tokenizer, texts, room)), (len(texts),)))
    return _unpacked(entry.array, entry.facts[0])


def _encoded(tokenizer: TextTokenizer, texts: Sequence[str], room: int) -> EncodedTexts:
    longest = room * CHARACTERS_A_TOKEN
    parts: list[NDArray[np.int32]] = []
    cut: list[bool] = []
    for first in range(0, len(texts), CHUNK_TEXTS):
        chunk = texts[first : first + CHUNK_TEXTS]
        for text, encoding in zip(chunk, tokenizer.encode([text[:longest] for text in chunk]), strict=True):
            parts.append(np.array(encoding.ids[:room], dtype=np.int32))
            cut.append(len(encoding.ids) > room or len(text) > longest)
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64)
    ids = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
    return EncodedTexts(ids, starts, np.array(cut, dtype=bool))


def _packed(texts: EncodedTexts) -> NDArray[np.int32]:
    """Lengths (negative where cut), then ids."""
    lengths = texts.lengths.astype(np.int32)
    return np.concatenate([np.where(texts.is_cut, -lengths - 1, lengths).astype(np.int32), texts.ids])


def _unpacked(packed: NDArray[np.int32], count: int) -> EncodedTexts:
    marked = packed[:count].astype(np.int64)
    is_cut = marked < 0
    lengths = np.where(is_cut, -marked - 1, marked)
    return EncodedTexts(packed[count:], np.concatenate([[0], np.cumsum(lengths)]), is_cut)


def _digest(texts: Sequence[str]) -> str:
    found = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "little"))
        found.update(data)
    return found.hexdigest()[:40]
