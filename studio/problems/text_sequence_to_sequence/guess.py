"""Whether a table looks like sequence to sequence."""

from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_role_inference import TARGET_WORDS, has_word, prose_columns
from studio.problems.contract import Guess


def guess(view: TableView) -> Guess | None:
    """Two columns of prose: what is read, and what is to be written."""
    texts = prose_columns(view)
    if len(texts) < 2:
        return None
    named = [column for column in texts if has_word(column, TARGET_WORDS)]
    target = named[0] if named else _last(view, texts)
    source = next(column for column in texts if column != target)
    reasons = (f"{source} holds texts", f"{target} holds another text for each of them")
    confidence = (0.9 if len(texts) == 2 else 0.7) if named else 0.6 if len(texts) == 2 else 0.4
    roles: dict[str, str | tuple[str, ...]] = {"text_column": source, "label_columns": target}
    return Guess("text_sequence_to_sequence", confidence, reasons, roles)


def _last(view: TableView, texts: list[str]) -> str:
    return [column for column in view.kinds if column in texts][-1]
