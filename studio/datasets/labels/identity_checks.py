"""Checks of the label column of metric learning: labels tell what belongs together, and tables may have their own."""

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.inspection import Inspection
from studio.datasets.labels.label_checks import count_labels, drop_unlabeled
from studio.datasets.labels.label_warnings import note_labels
from studio.datasets.labels.labels import LabelSpace, Task, label_text
from studio.errors import in_quotes
from studio.settings.finding import FindingLevel

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
LEAST_LABELS = 2
LEAST_ROWS = 2
"""Of at least one label."""


def inspect_identities(inspection: Inspection, column: str) -> dict[str, dict[str, int]]:
    """Drop rows without a label; give the counts of each table with labels, the train table first."""
    counts: dict[str, dict[str, int]] = {}
    for role in LABELED:
        frame = inspection.frames.get(role)
        if frame is None or column not in frame.columns or _refused_lists(inspection, role, column):
            continue
        drop_unlabeled(inspection, role, [column])
        space = _space(inspection, role, column)
        counts[inspection.names[role]] = count_labels(inspection.frames[role], space)
        if role == "train":
            _refuse_unlearnable(inspection, column, counts[inspection.names[role]])
            note_labels(inspection, role, space, counts[inspection.names[role]])
    return counts


def _refused_lists(inspection: Inspection, role: TableRole, column: str) -> bool:
    if inspection.kinds[role].get(column) != "list":
        return False
    words = "The label column holds lists."
    found = listed(inspection.frames[role][column].dropna(), 1)
    fix = "Write one label per row."
    inspection.note(
        role, FindingLevel.ERROR, "label_list", column, words, fix, found=found or "lists", expected="one label per row"
    )
    return True


def _space(inspection: Inspection, role: TableRole, column: str) -> LabelSpace:
    labels = sorted({label_text(value) for value in inspection.frames[role][column]})
    return LabelSpace(Task.MULTI_CLASS, tuple(labels), (column,))


def _refuse_unlearnable(inspection: Inspection, column: str, counts: dict[str, int]) -> None:
    """Without two labels, or two rows of one, nothing can be near or far."""
    if len(counts) < LEAST_LABELS:
        message = f"The column {in_quotes(column)} holds {len(counts)} label{'s' if len(counts) != 1 else ''}."
        fix = "Metric learning needs at least two labels."
        found = f"only {listed(counts)}" if counts else "no label"
        expected = f"at least {LEAST_LABELS} labels"
        inspection.note("train", FindingLevel.ERROR, "one_class", column, message, fix, found=found, expected=expected)
    elif max(counts.values()) < LEAST_ROWS:
        message = "Every row has a unique label, so no two rows belong together."
        fix = "Choose the column whose values repeat."
        found, expected = f"{len(counts):,} labels in as many rows", f"labels with at least {LEAST_ROWS} rows"
        inspection.note(
            "train", FindingLevel.ERROR, "all_different", column, message, fix, found=found, expected=expected
        )
