"""Whether a table looks like text classification."""

from studio.datasets.guessing import class_columns, is_label_word, zero_one_columns
from studio.datasets.text_guessing import prose_columns
from studio.problems.contract import Guess, TableView


def guess(view: TableView) -> Guess | None:
    """A column of prose, and one column of classes or several of 0 and 1."""
    texts = prose_columns(view)
    if not texts:
        return None
    text = texts[0]
    reasons = [f"{text} holds texts"]
    flags = zero_one_columns(view)
    if len(flags) > 1:
        shown = ", ".join(flags[:4]) + (", ..." if len(flags) > 4 else "")
        reasons.append(f"{len(flags)} columns hold only 0 and 1: {shown}")
        return Guess("text_classification", 0.85, tuple(reasons), _roles(text, tuple(flags)))
    columns = class_columns(view, texts)
    if not columns:
        return None
    label = columns[0]
    reasons.append(f"{label} has {int(view.rows[label].nunique())} different values")
    confidence = 0.8 if is_label_word(label) or label in flags else 0.55
    return Guess("text_classification", confidence, tuple(reasons), _roles(text, (label,)))


def _roles(text: str, labels: tuple[str, ...]) -> dict[str, str | tuple[str, ...]]:
    return {"text_column": (text,), "label_columns": labels}
