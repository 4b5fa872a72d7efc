"""Insights of transcripts: how many errors of which kind, in which recordings, and which words are confused."""

from collections import Counter
from collections.abc import Iterator, Sequence

from studio.modeling.histograms import histogram, means_by_range
from studio.modeling.recipe import Split
from studio.modeling.speech.trust import doubts
from studio.modeling.transcription.alignment import aligned, total
from studio.modeling.transcription.compared import Compared
from studio.results.insight import Bars, Insight, Payload, Table
from studio.results.transcription import Panel

RANGES = 6
MOST_CONFUSIONS = 40
NOTHING = "(nothing)"


def transcription_insights(compared: Compared, split: Split) -> Iterator[Insight]:
    """Every panel."""
    yield _panel(split, "errors", Panel.ERRORS, _HOW_ERRORS, _errors(compared))
    rates = [one.rate for one in compared.words]
    yield _panel(split, "rates", Panel.RATES, _HOW_RATES, _counts("Word error rate", rates, between=(0.0, 1.0)))
    seconds = [one.seconds for one in compared.transcripts]
    found = means_by_range(seconds, rates, RANGES)
    by_length = Bars(x_label="Seconds", y_label="Mean word error rate", names=found.names, values=found.means)
    yield _panel(split, "rate-by-length", Panel.BY_LENGTH, _HOW_LENGTH, by_length)
    yield _panel(split, "confusions", Panel.CONFUSIONS, _HOW_CONFUSIONS, _confusions(compared))
    yield _panel(split, "durations", Panel.DURATIONS, _HOW_DURATIONS, _counts("Seconds", seconds))
    pairs = zip(compared.references, seconds, strict=True)
    speeds = [len(text.split()) / length for text, length in pairs if length > 0]
    yield _panel(split, "words-per-second", Panel.SPEED, _HOW_SPEED, _counts("Words per second", speeds))


_HOW_ERRORS = (
    "Counts over all recordings together. Substitutions, deletions and insertions are the fewest changes that turn the "
    "transcripts into their references. Doubtful are transcripts that repeat themselves, that the model is unsure of, "
    "or of recordings in which probably nobody speaks."
)
_HOW_RATES = "Distribution of the word error rate of single recordings; above 1 counts as 1. Lower is better."
_HOW_LENGTH = "Mean word error rate of single recordings, from short ones to long ones."
_HOW_CONFUSIONS = (
    f"Pairs of words that differ, the most frequent first. {NOTHING} stands for a word that the other side lacks."
)
_HOW_DURATIONS = "Lengths of the recordings."
_HOW_SPEED = (
    "How fast people speak: about 2 to 3 words a second in English. Far below, a recording has long pauses or a "
    "transcript lacks words; far above, it belongs to another recording."
)


def _errors(compared: Compared) -> Table:
    rows: list[tuple[str, float, float]] = []
    words, characters = total(compared.words), total(compared.characters)
    for name in ("reference", "hits", "substitutions", "deletions", "insertions"):
        rows.append((name.capitalize(), getattr(words, name), getattr(characters, name)))
    rows.append(("Error rate", words.rate, characters.rate))
    perfect = sum(one.rate == 0 for one in compared.words)
    rows.append(("Recordings without errors", perfect, sum(one.rate == 0 for one in compared.characters)))
    doubtful = sum(any(doubts(one.trust)) for one in compared.transcripts)
    counts = (("Recordings", len(compared.texts)), ("Doubtful transcripts", doubtful))
    return Table(
        columns=("Result", "Words", "Characters"), rows=(*rows, *((name, count, None) for name, count in counts))
    )


def _confusions(compared: Compared) -> Table:
    counts: Counter[tuple[str, str]] = Counter()
    for reference, text in zip(compared.references, compared.texts, strict=True):
        theirs, ours = reference.split(), text.split()
        for step in aligned(theirs, ours):
            if not step.is_hit:
                said = NOTHING if step.reference is None else theirs[step.reference]
                written = NOTHING if step.transcript is None else ours[step.transcript]
                counts[said, written] += 1
    rows = tuple((said, written, count) for (said, written), count in counts.most_common(MOST_CONFUSIONS))
    return Table(columns=("Said", "Written", "Times"), rows=rows)


def _counts(label: str, values: Sequence[float], between: tuple[float, float] | None = None) -> Bars:
    found = histogram(values, between=between)
    return Bars(x_label=label, y_label="Recordings", names=found.names, values=tuple(map(float, found.counts)))


def _panel(split: Split, key: str, title: Panel, how_to_read: str, payload: Payload) -> Insight:
    return Insight(key=f"{split}-{key}", group=split, title=title, how_to_read=how_to_read, payload=payload)
