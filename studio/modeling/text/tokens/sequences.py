"""Inputs: the text columns of a table as sequences of tokens, and sequences as batches.

Shapes: B batch, L length.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.composed_recipe import TargetBatch
from studio.modeling.input_cache import InputCache
from studio.modeling.recipe import SampleIndex, Samples
from studio.modeling.text.tokens.encoded import CHARACTERS_A_TOKEN, EncodedTexts, encode_texts
from studio.modeling.text.tokens.tokenizer import TextTokenizer

BLOCK_SEPARATOR = "\n"
"""What joined columns are shown with, where the model gets its own separator token."""
TITLE_CHARACTERS = 80


class TextItem(NamedTuple):
    """One sequence with its target."""

    row: int
    ids: NDArray[np.int32]
    target: NDArray[Any] | None = None
    texts: tuple[str, ...] = ()
    """What it was made from, a text a part; not when training."""


@dataclass
class TextBatch(TargetBatch):
    """Token ids (B, L), whether they are tokens (B, L), targets (B, K)."""

    ids: Tensor
    mask: Tensor
    texts: list[tuple[str, ...]] = field(default_factory=list)
    """What the sequences were made from; not when training."""


class TextSequences:
    """The text columns of a table as token sequences, special tokens included, in one sequence a row.

    Columns are joined with the separator, or with the tokenizer's separator token; what does not fit is cut at the end.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        columns: Sequence[str],
        tokenizer: TextTokenizer,
        max_length: int,
        *,
        separator: str = "",
        cache: InputCache | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.room = tokenizer.room(max_length)
        self._texts = [joined_cells(table, columns, separator)] if separator else [cells(table, one) for one in columns]
        self._parts: list[EncodedTexts] = [encode_texts(tokenizer, part, self.room, cache) for part in self._texts]

    def __len__(self) -> int:
        return len(self._parts[0])

    def lengths(self) -> NDArray[np.int64]:
        """Tokens of every row, special ones included."""
        special = self.tokenizer
        inner = sum((part.lengths for part in self._parts), start=np.zeros(len(self), dtype=np.int64))
        inner = inner + (len(self._parts) - 1) * len(self._between)
        found: NDArray[np.int64] = np.minimum(inner, self.room) + len(special.prefix) + len(special.suffix)
        return np.maximum(found, 1)

    def is_cut(self, position: int) -> bool:
        """Whether a row does not fit."""
        count = sum(len(part[position]) for part in self._parts) + (len(self._parts) - 1) * len(self._between)
        return count > self.room or any(bool(part.is_cut[position]) for part in self._parts)

    def cut_count(self) -> int:
        """Rows that do not fit."""
        return sum(self.is_cut(position) for position in range(len(self)))

    def texts(self, position: int) -> tuple[str, ...]:
        """The texts that a row's sequence is made from."""
        return tuple(texts[position] for texts in self._texts)

    def __getitem__(self, position: int) -> NDArray[np.int32]:
        inner: list[int] = []
        for number, part in enumerate(self._parts):
            inner.extend(self._between if number else [])
            inner.extend(part[position].tolist())
        framed = [*self.tokenizer.prefix, *inner[: self.room], *self.tokenizer.suffix]
        # An empty text still is a sequence, and a model needs a token.
        return np.array(framed or [self.tokenizer.special.pad], dtype=np.int32)

    @property
    def _between(self) -> list[int]:
        """The tokens between two columns."""
        separator = self.tokenizer.special.separator
        return [] if separator is None else [separator]


class TextSamples(Samples):
    """Sequences with targets; tokens hidden at random when training."""

    def __init__(
        self,
        sequences: TextSequences,
        truth: NDArray[np.float32] | Sequence[NDArray[Any] | None] | None,
        *,
        mask_probability: float = 0.0,
        by_length: bool = True,
    ) -> None:
        super().__init__(len(sequences))
        self.sequences, self._truth = sequences, truth
        self._mask_probability, self._by_length = mask_probability, by_length

    def lengths(self) -> NDArray[Any] | None:
        return self.sequences.lengths() if self._by_length else None

    def cut_count(self) -> int:
        return self.sequences.cut_count()

    def __getitem__(self, draw: SampleIndex) -> TextItem:
        ids = self.sequences[draw.row]
        if self._mask_probability and draw.seed is not None:
            ids = masked(ids, self.sequences.tokenizer, self._mask_probability, draw.seed)
        target = None if self._truth is None else self._truth[draw.row]
        return TextItem(draw.row, ids, target, self.sequences.texts(draw.row) if draw.seed is None else ())


def masked(ids: NDArray[np.int32], tokenizer: TextTokenizer, probability: float, seed: int) -> NDArray[np.int32]:
    """Ids with a share of the tokens hidden; special ones stay. Without a mask token, the unknown one hides."""
    hidden = tokenizer.special.mask if tokenizer.special.mask is not None else tokenizer.special.unknown
    if hidden is None:
        return ids
    kept = np.isin(ids, tokenizer.special.framing())
    chosen = np.random.default_rng(seed).random(len(ids)) < probability
    return np.where(chosen & ~kept, np.int32(hidden), ids)


def padded(
    sequences: Sequence[NDArray[np.int32]], pad: int, *, quantile: float = 1.0, suffix: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Sequences side by side (B, L) and which are tokens (B, L).

    L is that quantile of their lengths; longer ones are cut and keep the special tokens they end with.
    """
    lengths = [len(one) for one in sequences]
    longest = max(lengths)
    if quantile < 1.0:
        longest = max(len(suffix) + 1, int(np.ceil(np.quantile(lengths, quantile))))
    ids = np.full((len(sequences), longest), pad, dtype=np.int64)
    mask = np.zeros((len(sequences), longest), dtype=np.int64)
    for row, one in enumerate(sequences):
        count = min(len(one), longest)
        ids[row, :count] = one[:count]
        if len(one) > longest and suffix:
            ids[row, longest - len(suffix) :] = suffix
        mask[row, :count] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def text_batch(items: Sequence[TextItem], tokenizer: TextTokenizer, training_quantile: float = 1.0) -> TextBatch:
    """Items as a batch, padded to the longest; when training, to a quantile of their lengths."""
    is_training = not items[0].texts
    ids, mask = padded(
        [item.ids for item in items],
        tokenizer.special.pad,
        quantile=training_quantile if is_training else 1.0,
        suffix=tokenizer.suffix,
    )
    targets = [item.target for item in items if item.target is not None]
    return TextBatch(
        rows=[item.row for item in items],
        ids=ids,
        mask=mask,
        targets=torch.from_numpy(np.stack(targets)) if targets else None,
        texts=[item.texts for item in items if item.texts],
    )


def spans_of(tokenizer: TextTokenizer, texts: Sequence[str], room: int) -> list[tuple[int, int] | None]:
    """For each token of a sequence its (start, end) in the joined text as pages show it; None for special ones."""
    spans: list[tuple[int, int] | None] = []
    base = 0
    for number, text in enumerate(texts):
        if number and tokenizer.special.separator is not None:
            spans.append(None)
        (encoding,) = tokenizer.encode([text[: room * CHARACTERS_A_TOKEN]])
        spans.extend((base + start, base + end) for start, end in encoding.offsets[:room])
        base += len(text) + len(BLOCK_SEPARATOR)
    frame: list[tuple[int, int] | None] = [None]
    return [*frame * len(tokenizer.prefix), *spans[:room], *frame * len(tokenizer.suffix)]


def cells(table: pd.DataFrame, column: str) -> list[str]:
    """The texts of a column; an empty cell is an empty text."""
    return [text_of(value) for value in table[column]]


def text_of(value: Any) -> str:
    """A cell as text."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value)


def joined_cells(table: pd.DataFrame, columns: Sequence[str], separator: str) -> list[str]:
    """The texts of several columns as one a row, as pages show them."""
    texts = [cells(table, column) for column in columns]
    return [(separator or BLOCK_SEPARATOR).join(row) for row in zip(*texts, strict=True)]


def title_of(text: str) -> str:
    """The beginning of a text, for lists."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 3].rstrip() + "..."
