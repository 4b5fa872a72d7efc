"""Checks of masks that are of single objects, and the facts about the objects."""

from __future__ import annotations

from collections import Counter
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted
from studio.datasets.histograms import histogram
from studio.datasets.inspection import Inspection
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.masks.instance_part import InstancePart
from studio.datasets.masks.mask_checks import CLASS, LABELED, RLE, has_masks, inspect_masks
from studio.datasets.masks.run_lengths import from_text
from studio.datasets.media.image_profile import image_size
from studio.datasets.profile import DatasetProfile
from studio.on_demand import np
from studio.settings.finding import FindingLevel

SMALL_AREA, MEDIUM_AREA = 32.0**2, 96.0**2
"""Square pixels, as COCO has them."""


def inspect_instances(inspection: Inspection) -> DatasetProfile:
    """Check every mask against its image as those of classes are, then look at them one by one."""
    profile = inspect_masks(inspection)
    with_masks = [role for role in inspection.frames if has_masks(inspection.frames[role], inspection.roles)]
    base = next((role for role in LABELED if role in with_masks), None)
    known = profile.part(LabelPart)
    if base is None or not known.names:
        return profile.model_copy(update={"task": "instance segmentation"})
    counts = {
        inspection.names[role]: dict(sorted(Counter(name for name, _ in _objects(inspection, role)).items()))
        for role in with_masks
    }
    facts = _facts(inspection, base).with_parts(LabelPart(names=known.names, counts=counts))
    return profile.joined(facts)


def _objects(inspection: Inspection, role: TableRole) -> list[tuple[str, str]]:
    """Class and run lengths of every mask with a pixel."""
    frame = inspection.frames[role]
    cells = zip(*(frame[str(inspection.roles[name])] for name in (CLASS, RLE)), strict=True)
    return [(name, text) for names, texts in cells for name, text in zip(names, texts, strict=True) if text]


def _facts(inspection: Inspection, base: TableRole) -> DatasetProfile:
    """Sizes and numbers of objects."""
    frame = inspection.frames[base]
    sizes = [image_size(inspection, str(name)) for name in frame[str(inspection.roles["image_column"])]]
    areas, shares, per_image, repeated = [], [], [], []
    for index, texts, size in zip(frame.index, frame[str(inspection.roles[RLE])], sizes, strict=True):
        present = [text for text in texts if text]
        found = [int(from_text(text)[:, 1].sum()) for text in present]
        if len(set(present)) < len(present):
            repeated.append(index)
        areas += found
        per_image.append(len(found))
        if size:
            shares += [np.sqrt(area / (size[0] * size[1])) for area in found]
    _note_repeated(inspection, base, repeated)
    values = np.array(areas, dtype=float)
    facts = {
        "instances": float(len(values)),
        "instances_per_image": float(np.mean(per_image)),
        "most_instances": float(max(per_image)),
        "share_small": float((values < SMALL_AREA).mean()),
        "share_medium": float(((values >= SMALL_AREA) & (values < MEDIUM_AREA)).mean()),
        "share_large": float((values >= MEDIUM_AREA).mean()),
    }
    histograms = (
        histogram("Instances per image", "", per_image),
        histogram("Instance side (square root of the area)", "px", np.sqrt(values).tolist()),
    )
    part = InstancePart(
        most_per_image=max(per_image),
        median_per_image=float(np.median(per_image)),
        median_side_share=float(np.median(shares)) if shares else 0.0,
    )
    return DatasetProfile(task="instance segmentation", facts=facts, histograms=histograms).with_parts(part)


def _note_repeated(inspection: Inspection, base: TableRole, rows: list[Any]) -> None:
    if rows:
        inspection.note(
            base,
            FindingLevel.WARNING,
            "mask_repeated",
            str(inspection.roles[RLE]),
            f"{counted(len(rows), 'image')} with the same mask more than once; each counts as an object.",
            "Leave out the copies.",
            rows=rows,
            found=counted(len(rows), "image"),
            expected="each object once",
        )
