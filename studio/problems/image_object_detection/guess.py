"""Whether a table looks like object detection: list columns with corners and classes."""

from studio.datasets.tables.box_columns import class_column, corner_columns
from studio.datasets.tables.role_inference import file_column
from studio.datasets.tables.table_view import TableView
from studio.problems.contract import Guess


def guess(view: TableView) -> Guess | None:
    """A file column of images, four list columns of corners and one of classes."""
    found = file_column(view)
    if found is None:
        return None
    image, folder = found
    lists = {column.lower(): column for column, kind in view.kinds.items() if kind == "list"}
    corners = corner_columns(lists)
    if corners is None:
        return None
    others = [column for column in lists.values() if column not in corners.values()]
    label = class_column(lists) or next(iter(others), None)
    if label is None:
        return None
    roles: dict[str, str | tuple[str, ...]] = {"image_column": image, **corners, "class_name_column": label}
    reasons = (
        f"{image} names files in {folder}",
        f"{', '.join(corners.values())} hold lists of corners",
        f"{label} holds a list of classes",
    )
    return Guess("image_object_detection", 0.97, reasons, roles)
