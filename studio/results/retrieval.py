"""The metrics and panels of every metric learning problem: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of metric learning by their titles, in the order of the page."""

    MAP = "Embedding map"
    SIMILARITIES = "Similarities"
    RECALL = "Recall at k"
    CONFUSED = "Confused labels"


_LEFT_OUT = "Samples whose label no other row has are left out."

RETRIEVAL_METRICS = (
    MetricInfo(
        name="mAP",
        label="mAP",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="For each sample the others are ranked by similarity; average precision within the Top K similar, "
        f"averaged over the samples. {_LEFT_OUT}",
    ),
    *(
        MetricInfo(
            name=f"Recall_at_{count}",
            label=f"Recall at {count}",
            direction=Direction.MAXIMIZE,
            lowest=0.0,
            highest=1.0,
            definition=(
                "The share of samples whose nearest neighbour has the same label. "
                if count == 1
                else f"The share of samples with a sample of the same label among the {count} nearest neighbours. "
            )
            + _LEFT_OUT,
        )
        for count in (1, 5, 10)
    ),
)
