"""The metrics and panels of every classification problem: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.insight import COLUMN_PANEL
from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of classification by their titles, in the order of the page."""

    CONFUSION = "Confusion matrix"
    CURVES = "ROC and precision-recall"
    CALIBRATION = "Calibration"
    CLASSES = "Classes"
    BY_COLUMN = COLUMN_PANEL


_MICRO = "Counted over all samples and classes together (micro); for one of many classes it equals accuracy."

CLASSIFICATION_METRICS = (
    MetricInfo(
        name="LogLoss",
        label="Log loss",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        definition="Mean negative log probability given to the true class; penalizes confident errors.",
    ),
    MetricInfo(
        name="ROC_AUC",
        label="ROC AUC",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="The chance that a random positive scores above a random negative; micro-averaged over classes.",
    ),
    MetricInfo(
        name="F1",
        label="F1",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"Harmonic mean of precision and recall. {_MICRO}",
    ),
    MetricInfo(
        name="F2",
        label="F2",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"Like F1 with recall counted four times as much as precision (beta 2). {_MICRO}",
    ),
    MetricInfo(
        name="F05",
        label="F0.5",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"Like F1 with precision counted four times as much as recall (beta 0.5). {_MICRO}",
    ),
    MetricInfo(
        name="Precision",
        label="Precision",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"The share of positive predictions that are correct. {_MICRO}",
    ),
    MetricInfo(
        name="Recall",
        label="Recall",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition=f"The share of actual positives that are predicted positive. {_MICRO}",
    ),
    MetricInfo(
        name="Accuracy",
        label="Accuracy",
        direction=Direction.MAXIMIZE,
        lowest=0.0,
        highest=1.0,
        definition="The share of correct predictions; with several labels per sample, all must be correct.",
    ),
    MetricInfo(
        name="MCC",
        label="Matthews correlation",
        direction=Direction.MAXIMIZE,
        lowest=-1.0,
        highest=1.0,
        definition="Correlation of truth and prediction from the confusion matrix; 0 is chance level, also with "
        "imbalanced classes.",
    ),
)
