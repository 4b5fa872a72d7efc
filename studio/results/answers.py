"""The metrics and panels of span prediction: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of span prediction by their titles, in the order of the page."""

    SCORES = "Scores"
    RANKS = "Top-k accuracy"
    BY_ANSWER = "Score by length of the answer"
    BY_CONTEXT = "Score by length of the context"


_SQUAD = "Case, punctuation and the articles a, an, the do not count."

ANSWER_METRICS = (
    MetricInfo(
        name="Jaccard",
        label="Jaccard",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="Different words that answer and truth share, divided by all different words of both; mean over the "
        "questions. Case does not count.",
    ),
    MetricInfo(
        name="F1",
        label="F1",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"Harmonic mean of precision and recall of the words of the answer, as in SQuAD; mean over the "
        f"questions. {_SQUAD}",
    ),
    MetricInfo(
        name="Accuracy",
        label="Accuracy",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"The share of questions whose answer matches exactly (exact match). {_SQUAD}",
    ),
    *(
        MetricInfo(
            name=f"Top_{count}_Accuracy",
            label=f"Top {count} accuracy",
            direction=Direction.MAXIMIZE,
            lowest=0.0,
            highest=1.0,
            definition=f"The share of questions whose exact answer is among the top {count} predicted answers. "
            f"{_SQUAD}",
        )
        for count in range(2, 6)
    ),
)
