"""Checks of masks, image by image: what is repaired, what leaves an image out, and the facts about the rest."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed, shortened
from studio.datasets.histograms import histogram
from studio.datasets.inspection import Inspection
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.labels.labels import label_text
from studio.datasets.labels.unseen_labels import drop_unseen
from studio.datasets.masks.mask_part import MaskPart
from studio.datasets.masks.run_lengths import overlap, united
from studio.datasets.profile import DatasetProfile
from studio.on_demand import np, pd
from studio.settings.finding import FindingLevel

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

    Shape = tuple[int, ...]
    """(height, width), or (depth, height, width)."""

CLASS = "class_name_column"
RLE = "rle_mask_column"
LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
EMPTY_WORDS = ("", "-1", "nan", "none")
"""How an empty mask may be written; -1 is Kaggle's."""
ORDER_ROWS = 20
SCRAMBLED = 2.0
"""So many times more edges has a mask that is read along the wrong axis, at least."""
_NUMBERS = re.compile(r"[+-]?\d{1,18}([\s,]+[+-]?\d{1,18})*")
_EMPTY_MASK = "rle_empty"


class MaskError(ValueError):
    """A text that is no run lengths; `code` says in which way."""

    def __init__(self, code: str, found: str) -> None:
        super().__init__(found)
        self.code = code
        self.found = found


@dataclass
class CheckedRow:
    """The masks of one image after the checks."""

    names: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    runs: dict[str, Runs] = field(default_factory=dict)
    """Class -> all its pixels; classes without any are left out."""
    problem: str = ""
    found: str = ""
    """What the problem is with."""
    repaired: str = ""
    """The first text that was mended."""


def has_masks(frame: pd.DataFrame, roles: Mapping[str, Any]) -> bool:
    """Whether a table has the columns of masks."""
    return all(str(roles.get(name)) in frame.columns for name in (CLASS, RLE))


def inspect_masks(inspection: Inspection) -> DatasetProfile:
    """Check every mask against its image, and gather facts about classes and pixels.

    Where nothing is trained on, the facts are those of the first table with masks.
    """
    with_masks = [role for role in inspection.frames if has_masks(inspection.frames[role], inspection.roles)]
    checked = {role: _check_table(inspection, role) for role in with_masks}
    base = next((role for role in LABELED if role in with_masks), None)
    if base is None:
        return DatasetProfile(task="segmentation").with_parts(LabelPart())
    labels = {name for row in checked[base].values() for name in row.runs}
    if base == "train" and not labels:
        _refuse_without_masks(inspection)
    for role in with_masks if labels else ():
        if role != base and role in ("validation", "test"):
            cells = [list(row.runs) for row in checked[role].values()]
            drop_unseen(
                inspection, role, str(inspection.roles[CLASS]), cells, labels, cure="training masks of these classes"
            )
    counts = {
        inspection.names[role]: dict(
            sorted(Counter(name for row in checked[role].values() for name in row.runs).items())
        )
        for role in with_masks
    }
    named = DatasetProfile(task="segmentation").with_parts(LabelPart(names=tuple(sorted(labels)), counts=counts))
    return named.joined(_facts(inspection, base, checked[base])) if labels else named


def parsed_runs(text: str, pixels: int | None = None) -> Runs:
    """The runs of a text, sorted and apart from each other, in a mask of that many pixels.

    Raises:
        MaskError: if they are none.
    """
    stripped = text.strip()
    if stripped.lower() in EMPTY_WORDS:
        return np.zeros((0, 2), dtype=np.int64)
    if not _NUMBERS.fullmatch(stripped):
        raise MaskError("rle_number", shortened(stripped))
    numbers = np.array(stripped.replace(",", " ").split(), dtype=np.int64)
    if len(numbers) % 2:
        raise MaskError("rle_pairs", counted(len(numbers), "number"))
    runs = numbers.reshape(-1, 2)
    starts, lengths = runs[:, 0], runs[:, 1]
    for code, is_wrong in (
        ("rle_start", starts < 1),
        ("rle_length", lengths < 1),
        ("rle_order", np.concatenate([[False], starts[1:] < starts[:-1] + lengths[:-1]])),
    ):
        if is_wrong.any():
            at = int(np.flatnonzero(is_wrong)[0])
            before = f"{starts[at - 1]} {lengths[at - 1]}, then " if code == "rle_order" else ""
            raise MaskError(code, f"{before}{starts[at]} {lengths[at]} (pair {at + 1:,} of {len(runs):,})")
    if pixels is not None and len(runs) and int(starts[-1] - 1 + lengths[-1]) > pixels:
        raise MaskError("mask_size", f"a run that ends at pixel {int(starts[-1] - 1 + lengths[-1]):,} of {pixels:,}")
    return runs


def _check_table(inspection: Inspection, role: TableRole) -> dict[Any, CheckedRow]:
    """Repair or drop the rows of a table, and replace its cells by lists of words and texts."""
    frame = inspection.frames[role]
    columns = [str(inspection.roles[name]) for name in (CLASS, RLE)]
    shapes = _shapes(inspection, frame)
    cells = zip(*([_cell(value) for value in frame[column]] for column in columns), strict=True)
    rows = {
        index: _checked(names, texts, shape)
        for index, (names, texts), shape in zip(frame.index, cells, shapes, strict=True)
    }
    for column, values in (
        (columns[0], [row.names for row in rows.values()]),
        (columns[1], [row.texts for row in rows.values()]),
    ):
        frame = frame.assign(**{column: pd.Series(values, index=frame.index, dtype=object)})
        inspection.kinds[role][column] = "list"
    inspection.frames[role] = frame
    _report(inspection, role, columns[1], rows)
    kept = {index: row for index, row in rows.items() if not row.problem}
    _note_order(inspection, role, columns[1], list(zip(rows.values(), shapes, strict=True)))
    return kept


def _shapes(inspection: Inspection, frame: pd.DataFrame) -> list[Shape | None]:
    """Of the image of every row; None where it was not decoded."""
    names = frame[str(inspection.roles["image_column"])]
    return [getattr(inspection.media.get(str(name)), "shape", None) for name in names]


def _checked(names: list[Any], texts: list[Any], shape: Shape | None) -> CheckedRow:
    if len(names) != len(texts):
        found = f"{counted(len(names), 'class', 'classes')}; {counted(len(texts), 'mask')}"
        return CheckedRow(problem="mask_lengths", found=found)
    if any(name is None or label_text(name) == "" for name in names):
        number = next(n for n, name in enumerate(names, start=1) if name is None or label_text(name) == "")
        return CheckedRow(problem="no_class", found=f"no class for mask {number} of {len(names)}")
    row = CheckedRow(names=[label_text(name) for name in names])
    parts: dict[str, list[Runs]] = {}
    for name, value in zip(row.names, texts, strict=True):
        text = "" if value is None or (isinstance(value, float) and np.isnan(value)) else str(value)
        try:
            runs = parsed_runs(text, None if shape is None else math.prod(shape))
        except MaskError as error:
            of_size = f" in {_sides(shape)} pixels" if shape and error.code == "mask_size" else ""
            return CheckedRow(problem=error.code, found=error.found + of_size)
        if not len(runs) and text.strip():
            row.repaired = row.repaired or text.strip()
        row.texts.append(" ".join(map(str, runs.ravel().tolist())))
        if len(runs):
            parts.setdefault(name, []).append(runs)
    row.runs = {name: united(np.concatenate(of_class)) for name, of_class in parts.items()}
    return row


def _cell(value: Any) -> list[Any]:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return []
    return list(value) if isinstance(value, list | tuple | np.ndarray) else [value]


def _report(inspection: Inspection, role: TableRole, column: str, rows: Mapping[Any, CheckedRow]) -> None:
    mended = {index: row.repaired for index, row in rows.items() if row.repaired and not row.problem}
    inspection.repair(
        role,
        mended,
        _EMPTY_MASK,
        column,
        f"{len(mended)} images have empty masks written as a word or a number; they were taken as empty.",
        "Write an empty text for an empty mask.",
        found=next(iter(mended.values()), ""),
        expected="an empty text for an empty mask",
    )
    for code, message, expected, fix in _PROBLEMS:
        bad = {index: row.found for index, row in rows.items() if row.problem == code}
        inspection.drop(role, bad, code, column, message, fix, found=next(iter(bad.values()), ""), expected=expected)


def _sides(shape: Shape) -> str:
    """Width x height, as images are spoken of; volumes begin with their depth."""
    return " x ".join(map(str, shape[::-1] if len(shape) == 2 else shape))


_PAIRS = "pairs of start and length, counted from 1 along the first axis (down the columns of an image)"
_PROBLEMS = (
    (
        "mask_lengths",
        "The lists of an image have different lengths.",
        "a class for every mask",
        "Give every mask a class.",
    ),
    ("no_class", "A mask has no class.", "a class for every mask", "Name the class of every mask."),
    ("rle_number", "A mask is written with something else than whole numbers.", _PAIRS, "Write whole numbers."),
    ("rle_pairs", "A mask has an odd number of numbers.", _PAIRS, "Write a length behind every start."),
    ("rle_start", "A run begins before the first pixel.", _PAIRS, "Count pixels from 1."),
    ("rle_length", "A run has no pixel.", _PAIRS, "Leave out runs without pixels."),
    ("rle_order", "Runs of a mask overlap, or do not rise.", _PAIRS, "Sort the runs, and join those that overlap."),
    (
        "mask_size",
        "A mask is larger than its image.",
        "masks of the size of their image",
        "Make masks at the size of the image file.",
    ),
)


def _note_order(
    inspection: Inspection, role: TableRole, column: str, rows: Sequence[tuple[CheckedRow, Shape | None]]
) -> None:
    """Masks that hang together far better when they are read along the rows were probably counted so."""
    # A mask whose shape reads the same in both directions is only mirrored by the wrong order.
    usable = [(row, shape) for row, shape in rows if shape and shape != shape[::-1] and row.runs and not row.problem]
    down = along = 0
    for row, shape in usable[:ORDER_ROWS]:
        for runs in row.runs.values():
            down += _edges(runs, shape, "F")
            along += _edges(runs, shape, "C")
    if down > SCRAMBLED * along > 0:
        inspection.note(
            role,
            FindingLevel.WARNING,
            "rle_row_order",
            column,
            "The masks look scrambled, as if they were counted along the rows. Here they are read down the columns.",
            "Look at the samples; if they are, choose the data format of masks that are counted along the rows.",
            found=f"{down / along:.1f} times as many edges as in row order",
            expected=_PAIRS,
        )


def _edges(runs: Runs, shape: Shape, order: Any) -> int:
    """Neighbouring pixels of which one is in the mask, along every axis."""
    flat = np.zeros(math.prod(shape), dtype=bool)
    for start, length in runs.tolist():
        flat[start - 1 : start - 1 + length] = True
    mask = flat.reshape(shape, order=order)
    return sum(int(np.diff(mask, axis=axis).sum()) for axis in range(mask.ndim))


def _refuse_without_masks(inspection: Inspection) -> None:
    inspection.note(
        "train",
        FindingLevel.ERROR,
        "no_masks",
        str(inspection.roles[RLE]),
        "No image of the train table has a pixel of a class.",
        "Choose the columns that hold the masks.",
        found=f"0 masks in {counted(len(inspection.frames['train']), 'image')}",
        expected="at least 1 mask",
    )


def _mean_extent(rows: Iterable[CheckedRow], shapes: Sequence[Shape | None]) -> float:
    """The mean length of a run, no longer than its column, as a share of its image's height."""
    shares, count = 0.0, 0
    for row, shape in zip(rows, shapes, strict=False):
        if not shape:
            continue
        for runs in row.runs.values():
            shares += float(np.minimum(runs[:, 1], shape[0]).sum()) / shape[0]
            count += len(runs)
    return shares / count if count else 0.0


def _facts(inspection: Inspection, base: TableRole, rows: Mapping[Any, CheckedRow]) -> DatasetProfile:
    """Pixels and images of each class, empty images, and whether classes overlap."""
    pixels: Counter[str] = Counter()
    images: Counter[str] = Counter()
    covered = []
    shapes = _shapes(inspection, inspection.frames[base])
    for row in rows.values():
        images.update(row.runs.keys())
        pixels.update({name: int(runs[:, 1].sum()) for name, runs in row.runs.items()})
        covered.append(sum(int(runs[:, 1].sum()) for runs in row.runs.values()))
    sizes = [math.prod(shape) if shape else 0 for shape in shapes]
    total = sum(sizes)
    overlaps = [row for row in rows.values() if len(row.runs) > 1 and overlap(np.concatenate([*row.runs.values()]))]
    empty = sum(not row.runs for row in rows.values())
    part = MaskPart(
        pixel_shares={name: count / total for name, count in sorted(pixels.items())} if total else {},
        images=dict(sorted(images.items())),
        empty_images=empty,
        mean_extent=_mean_extent(rows.values(), shapes),
        overlap=bool(overlaps),
    )
    shares = [one / size for one, size in zip(covered, sizes, strict=False) if size]
    facts = {
        "masks": float(sum(len(row.runs) for row in rows.values())),
        "images_without_masks": float(empty),
        "images_with_overlapping_classes": float(len(overlaps)),
    }
    _note_rare(inspection, base, part)
    return DatasetProfile(facts=facts, histograms=(histogram("Labelled share of an image", "", shares),)).with_parts(
        part
    )


def _note_rare(inspection: Inspection, base: TableRole, part: MaskPart) -> None:
    rare = sorted(name for name, count in part.images.items() if count < 2)
    if rare and base == "train":
        inspection.note(
            base,
            FindingLevel.WARNING,
            "rare_class",
            str(inspection.roles[CLASS]),
            f"{counted(len(rare), 'class', 'classes')} in a single image: some folds train without, or score without.",
            "Add images of these classes, or leave them out.",
            found=listed(rare),
            expected="each class in at least 2 images",
        )
