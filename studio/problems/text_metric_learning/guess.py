"""Whether a table looks like metric learning of texts."""

from studio.datasets.guessing import class_columns
from studio.datasets.text_guessing import prose_columns
from studio.problems.contract import Guess, TableView

LEAST_LABELS = 3
MANY_LABELS = 50
FEW_ROWS = 50


def guess(view: TableView) -> Guess | None:
    """A column of prose and a label; likelier with many labels of few rows. Classification stays the first guess."""
    texts = prose_columns(view)
    labels = class_columns(view, texts) if texts else []
    if not labels:
        return None
    label = labels[0]
    count = int(view.rows[label].nunique())
    if count < LEAST_LABELS:
        return None
    are_many = count >= MANY_LABELS and len(view.rows) <= FEW_ROWS * count
    reasons = (
        f"{texts[0]} holds texts",
        f"{label} has {count} different values{' with few rows each' if are_many else ''}",
    )
    confidence = 0.5 if are_many else 0.3
    return Guess("text_metric_learning", confidence, reasons, {"text_column": (texts[0],), "label_columns": label})
