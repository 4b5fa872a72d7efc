"""Boxes around objects: where they stand in a table, overlaps and limits."""

from typing import Annotated

from pydantic import Field

from studio.settings.choices import Columns
from studio.settings.schema import SettingsSection
from studio.settings.sections.prediction import ThresholdSection
from studio.settings.setting import ExperienceLevel, Setting


class BoxColumnsMixin(SettingsSection):
    """Columns with lists of boxes."""

    class_name_column: Annotated[
        str,
        Setting(
            label="Class name column",
            help="The column with a list of class names, one per box.",
            choices=Columns(kinds=("list", "text")),
        ),
    ] = ""
    x_min_column: Annotated[
        str,
        Setting(label="X min column", help="The column with a list of left edges in pixels.", choices=Columns()),
    ] = ""
    y_min_column: Annotated[
        str,
        Setting(label="Y min column", help="The column with a list of top edges in pixels.", choices=Columns()),
    ] = ""
    x_max_column: Annotated[
        str,
        Setting(label="X max column", help="The column with a list of right edges in pixels.", choices=Columns()),
    ] = ""
    y_max_column: Annotated[
        str,
        Setting(label="Y max column", help="The column with a list of bottom edges in pixels.", choices=Columns()),
    ] = ""


class BoxThresholdSection(ThresholdSection):
    """The confidence above which a box counts."""

    probability_threshold: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            label="Probability threshold",
            help="Boxes with a confidence above this go into the prediction table. Raw outputs keep all.",
            step=0.05,
        ),
    ] = 0.3


class BoxLimitsMixin(SettingsSection):
    """Overlaps and limits."""

    metric_iou_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Metric Iou threshold",
            help="A predicted box is correct when its IoU with a true box of its class is above this.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5
    nms_iou_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Nms Iou threshold",
            help="Of two boxes of a class with an IoU above this, only the one with the higher score is kept "
            "(non-maximum suppression).",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5
    max_det_per_image: Annotated[
        int,
        Field(ge=1, le=5000),
        Setting(
            label="Max det per image",
            help="The maximum number of boxes per image; those with the highest scores are kept.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 100
