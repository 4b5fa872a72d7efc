"""Whether a table looks like object detection: list columns with corners and classes."""

from studio.datasets.guessing import file_column
from studio.problems.contract import Guess, TableView

_CORNERS = {
    "x_min_column": ("x_min", "xmin", "x1", "left", "x0"),
    "y_min_column": ("y_min", "ymin", "y1", "top", "y0"),
    "x_max_column": ("x_max", "xmax", "x2", "right"),
    "y_max_column": ("y_max", "ymax", "y2", "bottom"),
}
_CLASS_WORDS = ("class_id", "class_name", "class_names", "class", "name", "label", "labels", "category", "type")


def guess(view: TableView) -> Guess | None:
    """A file column of images, four list columns of corners and one of classes."""
    found = file_column(view)
    if found is None:
        return None
    image, folder = found
    lists = {column.lower(): column for column, kind in view.kinds.items() if kind == "list"}
    roles: dict[str, str | tuple[str, ...]] = {"image_column": image}
    for role, words in _CORNERS.items():
        column = next((lists[word] for word in words if word in lists), None)
        if column is None:
            return None
        roles[role] = column
    taken = set(roles.values())
    classes = [lists[word] for word in _CLASS_WORDS if word in lists] or [
        column for column in lists.values() if column not in taken
    ]
    if not classes:
        return None
    roles["class_name_column"] = classes[0]
    reasons = (
        f"{image} names files in {folder}",
        f"{', '.join(str(roles[role]) for role in _CORNERS)} hold lists of corners",
        f"{classes[0]} holds a list of classes",
    )
    return Guess("image_object_detection", 0.97, reasons, roles)
