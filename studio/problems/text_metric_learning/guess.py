"""Whether a table looks like metric learning of texts."""

from studio.datasets.guessing import class_columns
from studio.datasets.text_guessing import prose_columns
from studio.problems.contract import Guess, TableView

MANY_LABELS = 50
FEW_ROWS = 50


def guess(view: TableView) -> Guess | None:
    """A column of prose, and a label with many values of few rows each. Classification stays the first guess."""
    texts = prose_columns(view)
    labels = class_columns(view, texts) if texts else []
    if not labels:
        return None
    label = labels[0]
    count = int(view.rows[label].nunique())
    if count < MANY_LABELS or len(view.rows) / count > FEW_ROWS:
        return None
    reasons = (f"{texts[0]} holds texts", f"{label} has {count} different values with few rows each")
    return Guess("text_metric_learning", 0.5, reasons, {"text_column": (texts[0],), "label_columns": label})
