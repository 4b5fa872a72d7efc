"""Rows read in windows of tokens: as samples, and as batches in which all windows of a row follow each other.

Shapes: N windows, L length.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.composed_recipe import TargetBatch
from studio.modeling.recipe import SampleIndex, Samples
from studio.modeling.text.tokens.sequences import masked
from studio.modeling.text.tokens.tokenizer import TextTokenizer


class Window(Protocol):
    """A stretch of a row with the special tokens around it: a named tuple."""

    @property
    def ids(self) -> NDArray[np.int32]:
        """Its tokens (L)."""

    def _replace(self, *, ids: NDArray[np.int32]) -> Self: ...


WindowT = TypeVar("WindowT", bound=Window)


class WindowItem(NamedTuple):
    """One row, or in training one window of it."""

    row: int
    windows: tuple[Any, ...]
    target: Any | None
    """Of the whole row."""
    text: str = ""
    """What is read, where the answer is a part of it."""


@dataclass
class WindowBatch(TargetBatch, Generic[WindowT]):
    """Token ids (N, L) and whether they are tokens (N, L), of all windows of all rows."""

    ids: Tensor
    mask: Tensor
    windows: list[tuple[WindowT, ...]] = field(default_factory=list)
    """Of each row; all of them follow each other in the tensors."""

    def places(self) -> Iterator[slice]:
        """Where the windows of each row lie in the tensors."""
        first = 0
        for windows in self.windows:
            yield slice(first, first + len(windows))
            first += len(windows)


class WindowSamples(Samples, Generic[WindowT]):
    """Rows with all their windows, or in training windows: the first one of every row, then all the others."""

    def __init__(
        self,
        bounds: Sequence[Sequence[tuple[int, int]]],
        targets: Sequence[Any] | None,
        tokenizer: TextTokenizer,
        *,
        training: bool,
        mask_probability: float = 0.0,
        by_length: bool = True,
    ) -> None:
        self._bounds, self._targets, self._tokenizer = bounds, targets, tokenizer
        self._training, self._mask_probability, self._by_length = training, mask_probability, by_length
        first = [(row, 0) for row in range(len(bounds))]
        more = [(row, one) for row, windows in enumerate(bounds) for one in range(1, len(windows))]
        self._draws = first + more if training else first
        super().__init__(len(self._draws))

    @property
    def window_counts(self) -> list[int]:
        """Windows of each row."""
        return [len(windows) for windows in self._bounds]

    def lengths(self) -> NDArray[Any] | None:
        """Tokens of each sample's longest window."""
        if not self._by_length:
            return None
        return np.array([self.longest(row, self._numbers(row, one)) for row, one in self._draws], dtype=np.int64)

    def __getitem__(self, draw: SampleIndex) -> WindowItem:
        row, one = self._draws[draw.row]
        windows = [self.window(row, number) for number in self._numbers(row, one)]
        if self._mask_probability and draw.seed is not None:
            windows = [
                window._replace(ids=masked(window.ids, self._tokenizer, self._mask_probability, draw.seed))
                for window in windows
            ]
        return WindowItem(row, tuple(windows), None if self._targets is None else self._targets[row], self.text(row))

    @abstractmethod
    def window(self, row: int, number: int) -> WindowT:
        """One window of a row."""

    @abstractmethod
    def longest(self, row: int, numbers: Sequence[int]) -> int:
        """Tokens of the longest of some windows of a row."""

    def text(self, row: int) -> str:
        """What is read, where the answer is a part of it."""
        return ""

    def _numbers(self, row: int, one: int) -> Sequence[int]:
        return [one] if self._training else range(len(self._bounds[row]))
