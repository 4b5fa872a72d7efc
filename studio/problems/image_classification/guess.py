"""Whether a table looks like image classification."""

from studio.datasets.guessing import class_columns, file_column, is_label_word, zero_one_columns
from studio.problems.contract import Guess, TableView


def guess(view: TableView) -> Guess | None:
    """A file column of images, and one column of classes or several of 0 and 1."""
    found = file_column(view)
    if found is None:
        return None
    image, folder = found
    reasons = [f"{image} names files in {folder}"]
    flags = [column for column in zero_one_columns(view) if column != image]
    if len(flags) > 1:
        reasons.append(
            f"{len(flags)} columns hold only 0 and 1: {', '.join(flags[:4])}{', ...' if len(flags) > 4 else ''}"
        )
        return Guess(
            "image_classification", 0.85, tuple(reasons), {"image_column": image, "label_columns": tuple(flags)}
        )
    columns = class_columns(view, [image])
    if not columns:
        return None
    label = columns[0]
    reasons.append(f"{label} has {int(view.rows[label].nunique())} different values")
    confidence = 0.85 if is_label_word(label) or flags else 0.6
    return Guess("image_classification", confidence, tuple(reasons), {"image_column": image, "label_columns": (label,)})
