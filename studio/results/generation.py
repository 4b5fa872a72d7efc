"""The metrics and panels of generated texts: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of sequence to sequence by their titles, in the order of the page."""

    SCORES = "Scores of single texts"
    BY_LENGTH = "Score by length"
    LENGTHS = "Length vs. reference"
    METRICS = "Metrics"


GENERATION_METRICS = (
    MetricInfo(
        name="BLEU",
        label="BLEU",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=100.0,
        definition="Runs of one to four words that generated texts share with their references, over the whole table, "
        "with a penalty for short texts (SacreBLEU, 13a tokenization).",
    ),
    MetricInfo(
        name="CHRF",
        label="chrF++",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=100.0,
        definition="F score of runs of up to six letters and two words that generated texts share with their "
        "references (SacreBLEU).",
    ),
    MetricInfo(
        name="TER",
        label="TER",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        definition="Words to insert, delete, replace or move to turn generated texts into their references, in percent "
        "of the references' words (SacreBLEU).",
    ),
)
