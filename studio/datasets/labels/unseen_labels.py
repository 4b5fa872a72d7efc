"""Labels that training does not have: their rows cannot be scored."""

from collections.abc import Collection, Sequence

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection


def drop_unseen(
    inspection: Inspection,
    role: TableRole,
    column: str,
    labels: Sequence[Sequence[str]],
    known: Collection[str],
    *,
    nouns: tuple[str, str] = ("class", "classes"),
    cure: str = "training rows of these classes",
) -> None:
    """Leave out the rows of a table with a label that the train table does not have.

    Args:
        labels: Of every row.
        known: Those of the train table.
        nouns: What a label is called, and several of them.
        cure: What could be added.
    """
    new = [[label for label in row if label not in known] for row in labels]
    found = [label for row in new for label in row]
    inspection.drop(
        role,
        inspection.frames[role].index[[bool(row) for row in new]],
        "unseen_label",
        column,
        f"A {nouns[0]} does not occur in the train table.",
        f"Add {cure}, or correct the spelling.",
        found,
        found=listed(found),
        expected=f"one of the {counted(len(known), *nouns)} of the train table",
    )
