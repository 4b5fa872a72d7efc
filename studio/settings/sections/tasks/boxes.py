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
            help="The column with a list of class names, one a box.",
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
            help="A predicted box is right when it overlaps a true box of its class by more than this.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5
    nms_iou_threshold: Annotated[
        float,
        Field(gt=0, lt=1),
        Setting(
            label="Nms Iou threshold",
            help="Of two boxes of a class that overlap by more than this, the one with the higher score stays.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.5
    max_det_per_image: Annotated[
        int,
        Field(ge=1, le=5000),
        Setting(
            label="Max det per image",
            help="At most this many boxes are kept for an image, best first.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 100
