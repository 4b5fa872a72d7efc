"""How many tokens texts have: counted by the tokenizer that came with the installation, else estimated.

Word pieces of other models differ by a tenth or so for English; the figure is for deciding on a length, not exact for
every backbone.
"""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from studio.bundled_weights import PACKAGED_TEXT_MODELS
from studio.datasets.texts.text_part import TextLengths
from studio.on_demand import np

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_ROWS = 20_000
MAX_CHARACTERS = 100_000
"""Of longer texts the beginning is counted, and the rest taken to be like it."""
SPECIAL_TOKENS = 2
EXACT, STEP, LONG, LONG_STEP = 512, 32, 4096, 1024
_PIECES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]+|\d+|[^\w\s]|_")
_LETTERS_A_PIECE = 7

Count = Callable[[str], int]


def text_lengths(texts: Sequence[str]) -> TextLengths:
    """The distribution of the lengths of texts in tokens, special ones included; of a sample of very many."""
    rows = len(texts)
    if rows > MAX_ROWS:
        texts = [texts[int(position)] for position in np.linspace(0, rows - 1, MAX_ROWS)]
    name, count = counter()
    lengths = Counter(rounded_up(_length(text, count)) for text in texts)
    return TextLengths(counts=tuple(sorted(lengths.items())), tokenizer=name, rows=rows)


@cache
def counter() -> tuple[str, Count]:
    """(name, function) of the tokenizer that is here; the estimate has no name."""
    for name, packaged in PACKAGED_TEXT_MODELS.items():
        weights = packaged.path()
        file = weights.with_name("tokenizer.json") if weights else None
        if file is None or not file.is_file() or importlib.util.find_spec("tokenizers") is None:
            continue
        from tokenizers import Tokenizer  # a fifth of a second, and only text needs it

        tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True
        return name, partial(_count, tokenizer)
    return "", estimate


def _count(tokenizer: Tokenizer, text: str) -> int:
    return len(tokenizer.encode(text).ids)


def estimate(text: str) -> int:
    """About the number of word pieces: words, more of them for long ones, numbers and punctuation."""
    pieces = 0
    for piece in _PIECES.findall(text):
        pieces += 1 if len(piece) <= _LETTERS_A_PIECE else 1 + (len(piece) - 1) // _LETTERS_A_PIECE
    return pieces + SPECIAL_TOKENS


def rounded_up(length: int) -> int:
    """A length as it is counted: exact where settings choose, coarser far above."""
    if length <= EXACT:
        return length
    step = STEP if length <= LONG else LONG_STEP
    return -(-length // step) * step


def _length(text: str, count: Count) -> int:
    if len(text) <= MAX_CHARACTERS:
        return count(text)
    return round(count(text[:MAX_CHARACTERS]) * len(text) / MAX_CHARACTERS)
