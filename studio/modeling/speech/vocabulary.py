"""Vocabulary: the characters that a CTC model tells apart, with a blank, an unknown one and one between words."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from studio.errors import WeightsError, in_quotes
from studio.json_text import parse_json

VOCABULARY = "vocab.json"
BLANKS, UNKNOWNS, BETWEEN_WORDS = ("<pad>", "[PAD]"), ("<unk>", "[UNK]"), "|"
"""As published models of Wav2vec2 call them: the blank of CTC is their padding."""


@dataclass(frozen=True)
class Vocabulary:
    """Characters by their place among a model's outputs."""

    numbers: Mapping[str, int]

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> Self:
        """Every character of some texts, in order."""
        found = sorted({one for text in texts for one in text if not one.isspace()} - {BETWEEN_WORDS})
        return cls({sign: number for number, sign in enumerate((BLANKS[0], UNKNOWNS[0], BETWEEN_WORDS, *found))})

    @classmethod
    def from_bytes(cls, content: bytes, name: str) -> Self:
        """The vocabulary in a model's file.

        Raises:
            WeightsError: if it is none, or has no blank.
        """
        try:
            values = parse_json(content)
        except ValueError:
            values = None
        is_whole = isinstance(values, dict) and sorted(map(str, values.values())) == sorted(
            map(str, range(len(values)))
        )
        if not is_whole or BETWEEN_WORDS not in values or not set(BLANKS) & values.keys():
            raise WeightsError(
                f"{VOCABULARY} of {in_quotes(name)} is no vocabulary of characters with {BLANKS[0]} and "
                f"{BETWEEN_WORDS}.",
                hint="Choose another model, or turn Pretrained off.",
                code="model_files",
            )
        return cls({str(sign): int(number) for sign, number in values.items()})

    def to_bytes(self) -> bytes:
        """As an asset."""
        return json.dumps(dict(self.numbers), ensure_ascii=False, indent=2).encode()

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def blank(self) -> int:
        """The output that stands for no character."""
        return next(self.numbers[name] for name in BLANKS if name in self.numbers)

    @property
    def between_words(self) -> int:
        """The output that stands between words."""
        return self.numbers[BETWEEN_WORDS]

    @cached_property
    def is_upper(self) -> bool:
        """Whether all letters are upper case, as in models that were trained on LibriSpeech."""
        letters = "".join(sign for sign in self.numbers if len(sign) == 1)
        return letters != letters.lower() and letters == letters.upper()

    def unknown_in(self, text: str) -> list[str]:
        """The characters of a text that are not in the vocabulary."""
        return [sign for sign in self._written(text) if sign not in self.numbers]

    def encode(self, text: str) -> NDArray[np.int32]:
        """The numbers of a text's characters; those it does not have become the unknown one, or are left out."""
        unknown = next((self.numbers[name] for name in UNKNOWNS if name in self.numbers), None)
        found = (self.numbers.get(sign, unknown) for sign in self._written(text))
        return np.array([one for one in found if one is not None], dtype=np.int32)

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of characters, blanks of CTC left out."""
        text = "".join(self._signs.get(number, "") for number in numbers)
        return " ".join(text.lower().split() if self.is_upper else text.split())

    def ends_word(self, number: int) -> bool:
        """Whether an output stands between words."""
        return number == self.between_words

    def sign(self, number: int) -> str:
        """The character of an output, as `decode` writes it; empty for those that are not written."""
        sign = self._signs.get(number, "")
        return sign.lower() if self.is_upper else sign

    @cached_property
    def _signs(self) -> dict[int, str]:
        signs = {number: sign if len(sign) == 1 else "" for sign, number in self.numbers.items()}
        return {**signs, self.between_words: " "}

    def _written(self, text: str) -> str:
        words = (text.upper() if self.is_upper else text).split()
        return BETWEEN_WORDS.join(words)
