"""Metric learning: vectors in which samples of one label lie close together."""

from studio.datasets.inspection import Inspection
from studio.datasets.labels.identity_checks import inspect_identities
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.role_inference import class_columns
from studio.datasets.tables.table_view import TableView
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.problems.tasks.classification import find_label, truth
from studio.results.retrieval import RETRIEVAL_METRICS, Panel
from studio.settings.sections.architecture import EmbeddingMixin
from studio.settings.sections.dataset import IdentityMixin
from studio.settings.sections.losses import MetricLearningLossMixin
from studio.settings.sections.prediction import SimilarRowsMixin
from studio.settings.sections.training import NeckLayersMixin

LEAST_LABELS = 3
MANY_LABELS = 50
FEW_ROWS = 50


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """A label; likelier with many labels of few rows. Classification stays the first guess."""
    labels = class_columns(view, found.columns)
    count = int(view.rows[labels[0]].nunique()) if labels else 0
    if count < LEAST_LABELS:
        return None
    are_many = count >= MANY_LABELS and len(view.rows) <= FEW_ROWS * count
    reason = f"{labels[0]} has {count} different values{' with few rows each' if are_many else ''}"
    return FoundLabels({"label_columns": labels[0]}, 0.5 if are_many else 0.3, (reason,))


def inspect(inspection: Inspection) -> DatasetProfile:
    """Check labels; their counts. Test rows may have labels that training lacks."""
    counts = inspect_identities(inspection, str(inspection.roles.get("label_columns") or ""))
    labels = LabelPart(names=tuple(next(iter(counts.values()), {})), counts=counts)
    return DatasetProfile(task="retrieval").with_parts(labels)


METRIC_LEARNING = TaskSpec(
    roles=(
        ColumnRole(
            "label_columns",
            "Label columns",
            ("text", "integer", "number", "boolean"),
            in_test=False,
            hint="one column with the group or identity of each row",
        ),
    ),
    table_hint="the label that groups the rows",
    find=find,
    inspect=inspect,
    truth=truth,
    find_label=find_label,
    dataset=(IdentityMixin,),
    architecture=(EmbeddingMixin,),
    training=(NeckLayersMixin, MetricLearningLossMixin),
    metrics=RETRIEVAL_METRICS,
    default_metric="mAP",
    panels=tuple(Panel),
    prediction_columns="lists with the most similar rows, from 1: pred_similar_rows, pred_similarities; pred_label "
    "with the label of the nearest; embeddings in the raw output",
    after_metric=(SimilarRowsMixin,),
    has_classes=True,
    has_mixed_labels=False,
)
