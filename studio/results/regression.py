"""The metrics and panels of every regression problem: names, directions, ranges, definitions, titles."""

from enum import StrEnum

from studio.results.insight import COLUMN_PANEL
from studio.results.metric import Direction, MetricInfo


class Panel(StrEnum):
    """The panels of regression by their titles, in the order of the page."""

    PREDICTED = "Predicted vs. true"
    RESIDUALS = "Residuals"
    BY_RANGE = "Error by range of the true value"
    LABELS = "Labels"
    BY_COLUMN = COLUMN_PANEL


_SEVERAL = "With several labels, the mean over the labels."

REGRESSION_METRICS = (
    MetricInfo(
        name="MAE",
        label="MAE",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        definition=f"Mean absolute difference of prediction and truth, in the unit of the label. {_SEVERAL}",
    ),
    MetricInfo(
        name="MSE",
        label="MSE",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        definition=f"Mean squared difference of prediction and truth; weighs large errors most. {_SEVERAL}",
    ),
    MetricInfo(
        name="RMSE",
        label="RMSE",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        definition=f"Square root of the mean squared difference, in the unit of the label. {_SEVERAL}",
    ),
    MetricInfo(
        name="MAPE",
        label="MAPE",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        definition="Mean absolute difference in percent of the truth. Rows whose truth is 0 are left out. " + _SEVERAL,
    ),
    MetricInfo(
        name="SMAPE",
        label="SMAPE",
        direction=Direction.MINIMIZE,
        lowest=0.0,
        highest=200.0,
        definition="Mean absolute difference in percent of the mean of absolute truth and absolute prediction, at most "
        f"200. {_SEVERAL}",
    ),
    MetricInfo(
        name="R2",
        label="R²",
        direction=Direction.MAXIMIZE,
        highest=1.0,
        definition="The share of the labels' variance that is explained; 0 is as good as always predicting the "
        f"mean, below 0 is worse. {_SEVERAL}",
    ),
)
