"""What is worth knowing about classes: rare, absent, too many, far from balanced, or alike in writing."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection
from studio.datasets.labels.labels import LabelSpace
from studio.settings.finding import FindingLevel

MANY_CLASSES = 1000
FAR_APART = 1000
"""Rows of the most frequent class for one of the rarest."""
_WEAK_SEPARATORS = frozenset("-_ .'")
"""Signs that stand inside names of classes, too."""
_SAME_WORDS = {"true": "1", "yes": "1", "false": "0", "no": "0"}


def note_labels(inspection: Inspection, role: TableRole, space: LabelSpace, counts: Mapping[str, int]) -> None:
    """Report everything odd about the classes of a table."""
    column = ", ".join(space.columns[:3])
    present = [count for count in counts.values() if count]
    single = [label for label, count in counts.items() if count == 1]
    absent = [label for label, count in counts.items() if count == 0]
    alike = twins(space.labels)
    joined = _joined(space)
    is_far = bool(present) and max(present) >= FAR_APART * min(present)
    for code, is_present, message, fix, examples, found, expected in (
        (
            "rare_class",
            single,
            f"{counted(len(single), 'class has', 'classes have')} a single row, which cannot be in both training and "
            "validation.",
            "Add rows of these classes, or merge them.",
            single,
            f"1 row of {listed(single)}",
            "at least 2 rows per class",
        ),
        (
            "absent_class",
            absent,
            f"{counted(len(absent), 'label column is', 'label columns are')} never 1.",
            "Leave them out of the label columns.",
            absent,
            f"no 1 in {listed(absent)}",
            "a 1 in every label column",
        ),
        (
            "many_classes",
            len(counts) > MANY_CLASSES,
            f"There are {len(counts):,} classes; the column may be an ID or a number.",
            "Check that this is the label column.",
            [],
            counted(len(counts), "class", "classes"),
            f"at most {MANY_CLASSES:,} classes",
        ),
        (
            "imbalance",
            is_far,
            f"The most frequent class has {max(present, default=0):,} rows, the rarest {min(present, default=0):,}.",
            "Add rows of the rare classes, or use a metric that weighs classes equally.",
            [],
            f"{max(present, default=0) // max(1, min(present, default=1)):,} rows to 1",
            f"fewer than {FAR_APART:,} rows to 1",
        ),
        (
            "twin_classes",
            alike,
            f"{len(alike)} groups of classes differ only in spelling.",
            "Use one spelling per class.",
            alike,
            listed(alike),
            "one spelling per class",
        ),
        (
            "joined_labels",
            joined,
            f"{len(joined)} classes look like several labels in one cell.",
            "If rows can have several labels, give each label a column of 0 and 1.",
            joined,
            listed(joined),
            "one class in a cell",
        ),
    ):
        if is_present:
            inspection.note(
                role,
                FindingLevel.WARNING,
                code,
                column,
                message,
                fix,
                examples=examples,
                found=found,
                expected=expected,
            )


def twins(labels: Sequence[str]) -> list[str]:
    """Groups of classes that a person would take for one: case, letters composed or not, 1 and 1.0, yes and 1."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(_plain(label), []).append(label)
    return [" / ".join(group) for group in groups.values() if len(group) > 1]


def _plain(label: str) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
    try:
        return f"{float(folded):g}"
    except ValueError:
        return _SAME_WORDS.get(folded, folded)


def _joined(space: LabelSpace) -> list[str]:
    """Classes that are made of others with a sign between them, or of parts that several of them share."""
    if len(space.columns) > 1:
        return []
    known = set(space.labels)
    found: set[str] = set()
    for separator in {sign for label in space.labels for sign in label if not sign.isalnum()}:
        parts = {label: [part.strip() for part in label.split(separator)] for label in space.labels}
        uses = Counter(part for some in parts.values() for part in set(some))
        shared = known if separator in _WEAK_SEPARATORS else known | {part for part, count in uses.items() if count > 1}
        found |= {label for label, some in parts.items() if len(some) > 1 and all(part in shared for part in some)}
    return [label for label in space.labels if label in found]
