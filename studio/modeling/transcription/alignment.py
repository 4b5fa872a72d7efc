"""Alignment: which words of a transcript are right, and how many are substituted, deleted and inserted.

The alignment is jiwer's (Levenshtein distance: the fewest changes). Rates of empty references are defined: errors are
divided by one then, so that an empty transcript of silence has 0, and each invented word costs 1.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jiwer


@dataclass(frozen=True)
class Errors:
    """Words, or characters, of one or more transcripts against their references."""

    hits: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def reference(self) -> int:
        """How many the references have."""
        return self.hits + self.substitutions + self.deletions

    @property
    def rate(self) -> float:
        """Errors, divided by those of the references."""
        return (self.substitutions + self.deletions + self.insertions) / max(1, self.reference)

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.hits + other.hits,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


class Step(NamedTuple):
    """One step of an alignment; a side is None where it has no word there."""

    reference: int | None
    """Which word of the reference."""
    transcript: int | None
    """Which word of the transcript."""
    is_hit: bool


def word_errors(references: Sequence[str], transcripts: Sequence[str]) -> list[Errors]:
    """The errors of every transcript, in words."""
    if not references:
        return []
    return [_counted(one) for one in jiwer.process_words(list(references), list(transcripts)).alignments]


def character_errors(references: Sequence[str], transcripts: Sequence[str]) -> list[Errors]:
    """The same in characters, blanks between words included."""
    if not references:
        return []
    return [_counted(one) for one in jiwer.process_characters(list(references), list(transcripts)).alignments]


def total(errors: Iterable[Errors]) -> Errors:
    """All together."""
    return sum(errors, start=Errors())


def aligned(reference: Sequence[str], transcript: Sequence[str]) -> Iterator[Step]:
    """The words of both, side by side; words are not looked into, and may be empty."""
    keys = {word: f"w{number}" for number, word in enumerate(dict.fromkeys([*reference, *transcript]))}
    theirs_line, ours_line = (" ".join(keys[word] for word in words) for words in (reference, transcript))
    for chunk in jiwer.process_words([theirs_line], [ours_line]).alignments[0]:
        ours = range(chunk.hyp_start_idx, chunk.hyp_end_idx)
        theirs = range(chunk.ref_start_idx, chunk.ref_end_idx)
        if chunk.type in ("equal", "substitute"):
            yield from (Step(one, other, chunk.type == "equal") for one, other in zip(theirs, ours, strict=True))
        else:
            yield from (Step(one, None, False) for one in theirs)
            yield from (Step(None, one, False) for one in ours)


def _counted(chunks: Sequence[jiwer.AlignmentChunk]) -> Errors:
    counts = {"equal": 0, "substitute": 0, "delete": 0, "insert": 0}
    for chunk in chunks:
        length = chunk.hyp_end_idx - chunk.hyp_start_idx or chunk.ref_end_idx - chunk.ref_start_idx
        counts[chunk.type] += length
    return Errors(counts["equal"], counts["substitute"], counts["delete"], counts["insert"])
