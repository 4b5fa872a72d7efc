"""Names that people give to the columns of boxes."""

from collections.abc import Mapping

CORNER_WORDS: Mapping[str, tuple[str, ...]] = {
    "x_min_column": ("x_min", "xmin", "x1", "left", "x0"),
    "y_min_column": ("y_min", "ymin", "y1", "top", "y0"),
    "x_max_column": ("x_max", "xmax", "x2", "right"),
    "y_max_column": ("y_max", "ymax", "y2", "bottom"),
}
"""Role -> names of its column, the likeliest first."""
CLASS_WORDS = ("class_id", "class_name", "class_names", "class", "name", "label", "labels", "category", "type")


def corner_columns(columns: Mapping[str, str]) -> dict[str, str] | None:
    """Role -> column, from columns by their lower-case name; None if a corner is missing."""
    found = {
        role: next((columns[word] for word in words if word in columns), None) for role, words in CORNER_WORDS.items()
    }
    complete = {role: column for role, column in found.items() if column is not None}
    return complete if len(complete) == len(CORNER_WORDS) else None


def class_column(columns: Mapping[str, str]) -> str | None:
    """The column of classes by its name, from columns by their lower-case name."""
    return next((columns[word] for word in CLASS_WORDS if word in columns), None)
