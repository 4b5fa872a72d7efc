"""The metrics and panels of objects, found by boxes or masks: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of objects by their titles, in the order of the page."""

    PRECISION_RECALL = "Precision-recall per class"
    CLASSES = "Average precision per class"
    COCO = "COCO metrics"
    BY_OVERLAP = "Average precision by IoU"
    BY_SIZE = "Average precision by object size"
    CONFUSION = "Confusion matrix with background"


MATCHES_BY_SIZE = "Matches by size and IoU"
"""A panel of instances."""

DETECTION_METRICS = (
    MetricInfo(
        name="mAP",
        label="mAP",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="Average precision at the chosen IoU threshold, averaged over the classes that occur.",
    ),
    MetricInfo(
        name="COCO_mAP",
        label="COCO mAP",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="Average precision averaged over IoU thresholds from 0.50 to 0.95 and over classes.",
    ),
)
