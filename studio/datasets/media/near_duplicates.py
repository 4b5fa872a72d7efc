"""Near duplicates: images that look the same as another, apart from size, compression, brightness or mirroring.

Two images are compared by the correlation of their grey values, each averaged over 32 x 32 fields. Of 3,800 photos,
drawings and micrographs of ten datasets no two different ones came above 0.964; copies of photos at 0.6 of their size
and JPEG quality 30 stayed above 0.976.

Shapes: N images, F fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection
from studio.datasets.media.image_facts import SKETCH_SIDE
from studio.on_demand import np
from studio.settings.finding import FindingLevel

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_CORRELATION = 0.98
LEAST_SIDE = 48
"""Smaller images, such as of digits, are often alike without being copies."""
LEAST_DEVIATION = 4.0
"""Of grey levels between fields: of less, noise would decide."""
MOST_IMAGES = 20_000
"""Of a table that are compared, for the time it takes: about ten seconds."""
BLOCK = 512


@dataclass(frozen=True)
class _Sketches:
    """Images of a table that can be compared."""

    rows: list[Any]
    """Index of each in its frame."""
    names: list[str]
    digests: list[str | None]
    values_NF: NDArray[np.float32]
    """Mean 0 and length 1."""

    def mirrored(self) -> NDArray[np.float32]:
        """The same values (N, F) of images whose left and right are swapped."""
        sides = self.values_NF.reshape(-1, SKETCH_SIDE, SKETCH_SIDE)
        return np.ascontiguousarray(sides[:, :, ::-1]).reshape(self.values_NF.shape)


def note_near_duplicates(inspection: Inspection, column: str) -> None:
    """Report images that look the same as one of the train table, in it or in the tables that validate and test."""
    if "train" not in inspection.frames:
        return
    train = _sketches(inspection, "train", column)
    for role in ("train", "validation", "test"):
        if role not in inspection.frames:
            continue
        tested = train if role == "train" else _sketches(inspection, role, column)
        found = list(_pairs(train, tested, is_within=role == "train"))
        if found:
            _note(inspection, role, column, train, tested, found)


def _sketches(inspection: Inspection, role: TableRole, column: str) -> _Sketches:
    frame = inspection.frames[role]
    rows: list[Any] = []
    names: list[str] = []
    sketches = []
    for index, name in zip(frame.index, frame[column].astype(str), strict=True):
        facts = inspection.media.get(name)
        if len(rows) < MOST_IMAGES and facts is not None and facts.sketch and min(facts.shape) >= LEAST_SIDE:
            rows.append(index)
            names.append(name)
            sketches.append(np.frombuffer(facts.sketch, np.uint8))
    values_NF = np.stack(sketches).astype(np.float32) if sketches else np.zeros((0, SKETCH_SIDE**2), np.float32)
    is_used = values_NF.std(1) >= LEAST_DEVIATION
    values_NF = values_NF[is_used]
    values_NF -= values_NF.mean(1, keepdims=True)
    values_NF /= np.linalg.norm(values_NF, axis=1, keepdims=True)
    used = np.flatnonzero(is_used).tolist()
    kept = [names[n] for n in used]
    return _Sketches([rows[n] for n in used], kept, [inspection.digests.get(name) for name in kept], values_NF)


def _pairs(train: _Sketches, tested: _Sketches, *, is_within: bool) -> Iterator[tuple[int, int]]:
    """(position in `tested`, position in `train`) of images that look alike; within a table of every later one.

    The same file, by name or content, is not one: that is said elsewhere.
    """
    turned = train.mirrored() if len(train.rows) else train.values_NF
    for start in range(0, len(tested.rows), BLOCK):
        part_BF = tested.values_NF[start : start + BLOCK]
        likeness_BN = np.maximum(part_BF @ train.values_NF.T, part_BF @ turned.T)
        if is_within:
            likeness_BN = np.tril(likeness_BN, start - 1)
        for b, n in np.argwhere(likeness_BN >= LEAST_CORRELATION).tolist():
            if not _is_same_file(train, n, tested, start + b, is_within=is_within):
                yield start + b, n


def _is_same_file(train: _Sketches, n: int, tested: _Sketches, m: int, *, is_within: bool) -> bool:
    is_same_content = train.digests[n] is not None and train.digests[n] == tested.digests[m]
    return train.names[n] == tested.names[m] or (is_same_content and not is_within)


def _note(
    inspection: Inspection,
    role: TableRole,
    column: str,
    train: _Sketches,
    tested: _Sketches,
    found: Sequence[tuple[int, int]],
) -> None:
    first = dict(reversed(found))
    pairs = [f"{tested.names[m]} and {train.names[n]}" for m, n in sorted(first.items())]
    if role == "train":
        words = (
            f"{counted(len(first), 'image')} of the training table look the same as an earlier one of it. A random "
            "split may put one into training and the other into validation, which makes metrics optimistic (leakage)."
        )
        fix = "Remove them, or split by a column whose value such images share."
    else:
        words = (
            f"{counted(len(first), 'image')} look the same as one of the training table, apart from size or "
            "compression, which makes metrics optimistic (leakage)."
        )
        fix = "Remove these rows from one of the tables."
    inspection.note(
        role,
        FindingLevel.WARNING,
        "near_duplicate",
        column,
        words,
        fix,
        [tested.rows[m] for m in sorted(first)],
        pairs,
        found=listed(pairs, 1),
        expected="images that differ",
    )
