"""The metrics and panels of token classification: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of token classification by their titles, in the order of the page."""

    ENTITIES = "Entities"
    TAGS = "Tags"
    CONFUSION = "Confusion matrix of tags"


TAGGING_METRICS = (
    MetricInfo(
        name="CONLL_MICRO_F1_SCORE",
        label="CoNLL micro F1",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="F1 of whole entities: type, first and last word must all be correct. Counted over all entities "
        "together.",
    ),
    MetricInfo(
        name="CONLL_MACRO_F1_SCORE",
        label="CoNLL macro F1",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="F1 of whole entities for each entity type, averaged over the types.",
    ),
    MetricInfo(
        name="MICRO_F1_SCORE",
        label="Micro F1",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="F1 of single words, counted over all tags but O together.",
    ),
    MetricInfo(
        name="MACRO_F1_SCORE",
        label="Macro F1",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="F1 of single words for each tag but O, averaged over the tags.",
    ),
)
