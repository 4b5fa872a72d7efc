"""TextTokenizer: texts to token ids and back, with offsets; the same in training and in a scoring pipeline."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from tokenizers import Encoding, Tokenizer, normalizers

from studio.json_text import parse_json

TOKENIZER = "tokenizer.json"
SPECIAL_TOKENS = "special_tokens.json"
LEAST_ROOM = 2
"""Tokens of text that must fit beside the special ones."""


@dataclass(frozen=True)
class SpecialTokens:
    """Ids of the tokens that are no text; None where a model has no such token."""

    pad: int
    mask: int | None = None
    separator: int | None = None
    unknown: int | None = None
    first: int | None = None
    """Starts a text, and generation where the model has no other sign for it."""
    last: int | None = None
    """Ends a text, and generation."""

    def framing(self) -> list[int]:
        """Those that structure a sequence and are never hidden."""
        found = (self.pad, self.separator, self.first, self.last)
        return [one for one in found if one is not None]

    def to_bytes(self) -> bytes:
        """As an asset."""
        return json.dumps(asdict(self), indent=2).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "SpecialTokens":
        """The opposite of `to_bytes`."""
        return cls(**parse_json(content))


class TextTokenizer:
    """A tokenizer with its special tokens. Words such as [SEP] in a text are text."""

    def __init__(self, tokenizer: Tokenizer, special: SpecialTokens, *, lowercase: bool = False) -> None:
        self.raw = tokenizer
        self.special = special
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True
        if lowercase:
            own = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
            tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), *own])
        self.prefix, self.suffix = self._frame()

    @classmethod
    def of(cls, assets: Mapping[str, bytes], *, lowercase: bool) -> "TextTokenizer":
        """The tokenizer that a model's assets hold."""
        tokenizer = Tokenizer.from_str(assets[TOKENIZER].decode())
        return cls(tokenizer, SpecialTokens.from_bytes(assets[SPECIAL_TOKENS]), lowercase=lowercase)

    def room(self, max_length: int) -> int:
        """Tokens of text that fit into a sequence beside the special ones; never fewer than a few."""
        return max(LEAST_ROOM, max_length - len(self.prefix) - len(self.suffix))

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Tokens of every text without special ones; offsets count code points."""
        return self.raw.encode_batch(list(texts), add_special_tokens=False)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, without special tokens."""
        return self.raw.decode(list(ids), skip_special_tokens=True)

    def readable(self, ids: Sequence[int]) -> str:
        """The text of ids as the model sees it, special tokens shown."""
        return self.raw.decode(list(ids), skip_special_tokens=False)

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """The pieces by id, as the vocabulary has them."""
        return [self.raw.id_to_token(int(one)) or "" for one in ids]

    def _frame(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The special tokens before and behind a text."""
        sample = self.raw.encode("a", add_special_tokens=True)
        inner = [i for i, is_special in enumerate(sample.special_tokens_mask) if not is_special]
        if not inner:
            return (), ()
        return tuple(sample.ids[: inner[0]]), tuple(sample.ids[inner[-1] + 1 :])
