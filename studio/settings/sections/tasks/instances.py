"""Objects with a mask each: thresholds and limits."""

from typing import Annotated

from pydantic import Field

from studio.settings.schema import SettingsSection
from studio.settings.sections.prediction import ThresholdSection
from studio.settings.setting import ExperienceLevel, Setting


class InstanceThresholdSection(ThresholdSection):
    """The probability of a pixel, and the confidence of an instance."""

    probability_threshold: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Probability threshold",
            help="A pixel belongs to an instance from this probability on. Lower makes masks larger.",
            step=0.05,
        ),
    ] = 0.5
    confidence_threshold: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Confidence threshold",
            help="Instances with a confidence above this go into the prediction table. The metric looks at all.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5


class InstanceLimitsMixin(SettingsSection):
    """When an instance is correct, and how many there may be."""

    metric_iou_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Metric Iou threshold",
            help="A predicted instance is correct when the IoU of its mask with that of a true instance of its class "
            "is above this.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5
    max_det_per_image: Annotated[
        int,
        Field(ge=1, le=5000),
        Setting(
            label="Max det per image",
            help="The maximum number of instances per image; those with the highest confidence are kept.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 100


class BoxSuppressionMixin(SettingsSection):
    """Which boxes repeat a better one, for models that look for boxes first."""

    nms_iou_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Nms Iou threshold",
            help="Of two instances of a class whose boxes have an IoU above this, only the one with the higher "
            "confidence is kept (non-maximum suppression).",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5
