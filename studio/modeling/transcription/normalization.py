"""Normalization: the one form in which transcripts are compared, for metrics, insights, predictions and pipelines."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from studio.settings.sections.networks.whisper import ENGLISH

Normalize = Callable[[str], str]
APOSTROPHES = "'\u2019\u02bc"


def normalizer_of(settings: Any) -> Normalize:
    """How the settings want transcripts to be compared.

    English, where the settings name a language, gets the normalization of Whisper's authors (Radford et al. 2022,
    arXiv:2212.04356, appendix C) without its list of British spellings; everything else is `plain`.
    """
    if not settings.prediction.normalize_text:
        return single_blanks
    return _english() if getattr(settings.architecture, "language", "") == ENGLISH else plain


def plain(text: str) -> str:
    """A text in lower case, its words apart by single blanks: letters, digits, and apostrophes inside words."""
    lower = unicodedata.normalize("NFKC", text).lower()
    return " ".join("".join(_kept(lower, place) for place in range(len(lower))).split())


def single_blanks(text: str) -> str:
    """A text as it is, its words apart by single blanks."""
    return " ".join(text.split())


@cache
def _english() -> Normalize:
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    library = EnglishTextNormalizer({})  # type: ignore[no-untyped-call]
    return lambda text: single_blanks(str(library(text)))


def _kept(text: Sequence[str], place: int) -> str:
    sign = text[place]
    if unicodedata.category(sign)[0] in "LMN":
        return sign
    if sign in APOSTROPHES and 0 < place < len(text) - 1 and text[place - 1].isalpha() and text[place + 1].isalpha():
        return "'"
    return " "
