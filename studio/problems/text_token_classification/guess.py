"""Whether a table looks like token classification."""

from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_role_inference import word_and_tag_columns
from studio.problems.contract import Guess


def guess(view: TableView) -> Guess | None:
    """A column with words, and one with as many tags."""
    found = word_and_tag_columns(view)
    if found is None:
        return None
    words, tags = found
    reasons = (f"{words} holds words", f"{tags} holds a tag for each of them")
    return Guess("text_token_classification", 0.95, reasons, {"text_column": words, "label_columns": tags})
