"""WhisperTokens: which of its tokens Whisper begins with, ends with, and must not write."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from studio.errors import WeightsError, in_quotes
from studio.modeling.text.tokens.tokenizer import TextTokenizer

MULTILINGUAL_VOCABULARY = 51_865
"""Tokens of the smallest model that knows languages; those for English alone have one less."""
START, END, TRANSCRIBE, NO_TIMES = "<|startoftranscript|>", "<|endoftext|>", "<|transcribe|>", "<|notimestamps|>"
NO_SPEECH = ("<|nospeech|>", "<|nocaptions|>")
SIGNS = frozenset('"#()*+/:;<=>@[\\]^_`{|}~「」『』«»♩♪♫♬♭♮♯')
"""What nobody says. As Whisper's authors do, dashes and apostrophes are left to the model."""


@dataclass(frozen=True)
class WhisperTokens:
    """Token ids."""

    prefix: tuple[int, ...]
    """What every transcript begins with: the start, and what was asked for."""
    end: int
    no_speech: int | None
    """Says that nobody speaks; None where a model has no such token."""
    never: tuple[int, ...]
    """All others that are no text, such as times."""
    signs: tuple[int, ...]
    """Those that Whisper suppresses by default."""
    first_signs: tuple[int, ...]
    """Those that it suppresses at the beginning: a transcript that is a blank, or none."""

    @classmethod
    def of(cls, tokenizer: TextTokenizer, config: Mapping[str, Any], language: str) -> Self:
        """The tokens of a model.

        Raises:
            WeightsError: if the model does not know the language.
        """
        known = tokenizer.raw.get_vocab(with_added_tokens=True)
        special = tokenizer.special
        start = known.get(START, special.first if special.first is not None else special.pad)
        end = known.get(END, special.last if special.last is not None else special.pad)
        asked: list[int] = []
        if START in known and int(config.get("vocab_size", 0)) >= MULTILINGUAL_VOCABULARY:
            if f"<|{language}|>" not in known:
                raise WeightsError(
                    f"The model does not know the language {in_quotes(language)}.",
                    hint="Choose another language or another model.",
                    code="model_files",
                    found=language,
                )
            asked = [known[f"<|{language}|>"], known[TRANSCRIBE]]
        prefix = (start, *asked, *([known[NO_TIMES]] if NO_TIMES in known else []))
        added = set(tokenizer.raw.get_added_tokens_decoder())
        never = tuple(sorted(added - {end}))
        signs = config.get("suppress_tokens") or _signs(tokenizer, known)
        blank = tokenizer.encode([" "])[0].ids
        first_signs = config.get("begin_suppress_tokens") or [*blank, end]
        no_speech = next((known[name] for name in NO_SPEECH if name in known), None)
        return cls(prefix, end, no_speech, never, _ids(signs, end), _ids(first_signs))


def _signs(tokenizer: TextTokenizer, known: Mapping[str, int]) -> list[int]:
    """Tokens of nothing but signs that nobody says."""
    texts = ((number, tokenizer.decode([number]).strip()) for number in known.values())
    return [number for number, text in texts if text and all(map(_is_sign, text))]


def _is_sign(character: str) -> bool:
    return character in SIGNS or (character != "\ufffd" and unicodedata.category(character) == "So")


def _ids(values: Sequence[int], but: int = -1) -> tuple[int, ...]:
    return tuple(sorted({int(one) for one in values if int(one) >= 0} - {but}))
