"""The words of a transcript as a page shows them: what is right and wrong, and when each is said."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from studio.modeling.transcription.alignment import aligned
from studio.modeling.transcription.transcripts import Transcript
from studio.results.sample_view import AlignedWord

MOST_WORDS = 2000
"""Of a transcript that is shown; the time of an alignment grows with their square."""
PRECISION = 3
"""Digits of seconds."""


def aligned_words(
    transcript: Transcript, reference: str | None, key: Callable[[str], str], limit: float
) -> Iterator[AlignedWord]:
    """The words of a transcript and, in between, those that it lacks; `key` is the form in which they are compared.

    Words of recordings longer than `limit` seconds end there: where it is not known when they are said, evenly spread.
    """
    words, wanted = transcript.text.split(), (reference or "").split()
    times = list(transcript.times) if len(transcript.times) == len(words) else []
    most = min(MOST_WORDS, _words_until(limit, transcript.seconds, len(words), times))
    if reference is None:
        yield from (_word(word, times, place) for place, word in enumerate(words[:most]))
        return
    share = 1.0 if most == len(words) else most / len(words)
    wanted = wanted[: min(MOST_WORDS, round(len(wanted) * share))]
    for step in aligned([key(word) for word in wanted], [key(word) for word in words[:most]]):
        if step.transcript is None:
            assert step.reference is not None
            yield AlignedWord(text="", match="deleted", reference=wanted[step.reference])
        elif step.reference is None:
            yield _word(words[step.transcript], times, step.transcript, match="inserted")
        elif step.is_hit:
            yield _word(words[step.transcript], times, step.transcript, match="correct")
        else:
            yield _word(
                words[step.transcript],
                times,
                step.transcript,
                match="substituted",
                reference=wanted[step.reference],
            )


def _words_until(limit: float, seconds: float, count: int, times: Sequence[tuple[float, float]]) -> int:
    if seconds <= limit:
        return count
    if times:
        return sum(start < limit for start, _ in times)
    return round(count * limit / seconds)


def _word(text: str, times: Sequence[tuple[float, float]], place: int, **more: Any) -> AlignedWord:
    start, end = times[place] if times else (None, None)
    rounded = {
        name: None if value is None else round(value, PRECISION) for name, value in (("start", start), ("end", end))
    }
    return AlignedWord(text=text, **rounded, **more)
