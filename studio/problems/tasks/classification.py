"""Classification: one of two, one of many, or several classes a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from studio.datasets.inspection import Inspection
from studio.datasets.labels.label_checks import inspect_labels, rows_of_label, truth_of
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.role_inference import class_columns, is_label_word, zero_one_columns
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_checks import columns_of
from studio.on_demand import np, pd
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.results.classification import CLASSIFICATION_METRICS, Panel
from studio.results.sample_view import LabelAnnotation, LabelScore
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.dataset import LabelsMixin, UnlabeledMixin
from studio.settings.sections.losses import ClassificationLossMixin
from studio.settings.sections.tasks.classes import ClassThresholdSection
from studio.settings.sections.training import HeadLayersMixin

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN_FLAGS = 4


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """One column of classes, or several of 0 and 1."""
    flags = [column for column in zero_one_columns(view) if column not in found.columns]
    if len(flags) > 1:
        shown = ", ".join(flags[:SHOWN_FLAGS]) + (", ..." if len(flags) > SHOWN_FLAGS else "")
        reason = f"{len(flags)} columns hold only 0 and 1: {shown}"
        return FoundLabels({"label_columns": tuple(flags)}, found.certainty * 0.85, (reason,))
    columns = class_columns(view, found.columns)
    if not columns:
        return None
    label = columns[0]
    reason = f"{label} has {int(view.rows[label].nunique())} different values"
    confidence = found.certainty * (0.85 if is_label_word(label) or flags else 0.6)
    return FoundLabels({"label_columns": (label,)}, confidence, (reason,))


def inspect(inspection: Inspection) -> DatasetProfile:
    """Check labels; their classes and counts."""
    space, counts = inspect_labels(inspection)
    labels = LabelPart(names=space.labels, counts=counts) if space else LabelPart()
    return DatasetProfile(task=str(space.task) if space else "").with_parts(labels)


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> LabelAnnotation | None:
    """The classes of a row."""
    labels = truth_of(row, columns_of(roles.get("label_columns")))
    return LabelAnnotation(labels=tuple(LabelScore(label=label) for label in labels)) if labels else None


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows are of a class."""
    return rows_of_label(frame, columns_of(roles.get("label_columns")), label)


def contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """A loss for one class where there are several."""
    if (
        settings.value("training.loss_function") == "CrossEntropy"
        and context.facts.get("dataset.task") == "multi-label"
    ):
        yield Finding(
            code="contradiction",
            path="training.loss_function",
            message="CrossEntropy expects one class per sample, but here a sample can have several.",
            found="CrossEntropy",
            expected="Automatic, BCE or Focal",
            fix="Use Automatic, which takes BCE.",
        )


CLASSIFICATION = TaskSpec(
    roles=(
        ColumnRole(
            "label_columns",
            "Label columns",
            ("text", "integer", "number", "boolean"),
            is_many=True,
            in_test=False,
            hint="one column of classes, or several of 0 and 1",
        ),
    ),
    table_hint="their classes",
    find=find,
    inspect=inspect,
    truth=truth,
    find_label=find_label,
    dataset=(LabelsMixin, UnlabeledMixin),
    training=(HeadLayersMixin, ClassificationLossMixin),
    metrics=CLASSIFICATION_METRICS,
    default_metric="ROC_AUC",
    panels=tuple(Panel),
    prediction_columns="pred_<class> with the probability of each class, pred_label with the predicted class",
    contradictions=contradictions,
    before_metric=(ClassThresholdSection,),
    has_classes=True,
    explained="Explanation of a prediction",
)
