"""Whether a table looks like text regression."""

from studio.datasets.text_guessing import NUMBER_WORDS, has_word, number_columns, prose_columns
from studio.problems.contract import Guess, TableView


def guess(view: TableView) -> Guess | None:
    """A column of prose, and columns of numbers that are called like targets, or the last one with fractions."""
    texts = prose_columns(view)
    numbers = number_columns(view) if texts else []
    if not numbers:
        return None
    reasons = (f"{texts[0]} holds texts", f"{', '.join(numbers)} hold{'s' if len(numbers) == 1 else ''} numbers")
    has_fractions = view.kinds[numbers[0]] == "number"
    named = 0.85 if has_fractions else 0.7
    confidence = named if has_word(numbers[0], NUMBER_WORDS) else 0.6 if has_fractions else 0.5
    roles: dict[str, str | tuple[str, ...]] = {"text_column": (texts[0],), "label_columns": tuple(numbers)}
    return Guess("text_regression", confidence, reasons, roles)
