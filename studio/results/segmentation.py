"""The metrics and panels of semantic segmentation: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of semantic segmentation by their titles, in the order of the page."""

    CLASSES = "IoU and Dice per class"
    IOU = "IoU by threshold"
    DICE = "Dice by threshold"
    CURVES = "Pixels by threshold"
    CONFUSION = "Confusion of pixels"
    SIZES = "Predicted against true size per class"
    WORST = "Worst samples per class"
    ERRORS = "Errors at boundaries and elsewhere"


_MEAN = "Of all pixels of the set together, then averaged over the classes that occur."

SEGMENTATION_METRICS = (
    MetricInfo(
        name="IoU",
        label="IoU",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"Intersection over union of predicted and true pixels (Jaccard). {_MEAN}",
    ),
    MetricInfo(
        name="Dice",
        label="Dice",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"Twice the intersection over the sum of predicted and true pixels (F1 of pixels). {_MEAN}",
    ),
)
