"""The tag of words outside of all entities, where it is not called O: 0 of numbers whose names are lost, OUTSIDE, _."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed, quoted
from studio.datasets.inspection import Inspection
from studio.datasets.texts.bio_tags import OUTSIDE, outside_of
from studio.on_demand import pd
from studio.settings.finding import FindingLevel


def settle_outside(inspection: Inspection, roles: Sequence[TableRole], column: str) -> None:
    """Call the tag of words outside of all entities O in every table; say so where none can be it."""
    counts = Counter(tag for role in roles for tags in inspection.frames[role][column] for tag in tags)
    if not counts or OUTSIDE in counts:
        return
    tag = outside_of(counts)
    are_numbers = all(one.isdecimal() for one in counts)
    if tag is None:
        if are_numbers:
            _say_none_is_outside(inspection, roles, column, sorted(counts, key=int))
        return
    for role in roles:
        frame = inspection.frames[role]
        with_it = frame.index[[tag in tags for tags in frame[column]]]
        renamed = [[OUTSIDE if one == tag else one for one in tags] for tags in frame[column]]
        inspection.frames[role] = frame.assign(**{column: pd.Series(renamed, index=frame.index, dtype=object)})
        lost = " Tags are numbers whose names are lost: each counts as a type of its own." if are_numbers else ""
        inspection.repair(
            role,
            with_it,
            "outside_tag",
            column,
            f"No tag is O; {tag}, the most frequent, was taken for words outside of all entities.{lost}",
            "Check that this is its meaning; write O for it, and names such as B-PER for the others.",
            found=f"{quoted(tag)} on {counts[tag]:,} of {counts.total():,} words",
            expected=f"{OUTSIDE} on words outside of all entities",
        )


def _say_none_is_outside(inspection: Inspection, roles: Sequence[TableRole], column: str, tags: list[str]) -> None:
    inspection.note(
        roles[0],
        FindingLevel.WARNING,
        "no_outside_tag",
        column,
        "Tags are numbers whose names are lost, and none of them is O, so every word counts as an entity.",
        "Write names in place of the numbers, such as O and B-PER.",
        found=listed(tags),
        expected=f"{OUTSIDE} on words outside of all entities",
    )
