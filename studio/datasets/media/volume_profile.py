"""Facts about a dataset's volumes, and what is odd about them as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted
from studio.datasets.histograms import histogram
from studio.datasets.inspection import Inspection
from studio.datasets.media.volume_facts import PERCENTILES, VolumeFacts
from studio.datasets.media.volume_part import VolumePart
from studio.datasets.profile import DatasetProfile
from studio.on_demand import np
from studio.settings.finding import FindingLevel

MAX_SHAPES = 50
FLAT_SHARE = 0.5


def volume_profile(inspection: Inspection) -> DatasetProfile:
    """Sides, channels, medians and histograms of all volumes of a dataset."""
    facts = volumes_of(inspection)
    if not facts:
        return DatasetProfile()
    spacings = [one.geometry.spacing for one in facts if one.geometry.spacing is not None]
    shapes = Counter(one.shape for one in facts).most_common(MAX_SHAPES)
    part = VolumePart(
        shapes=tuple((*shape, count) for shape, count in shapes),
        channels=dict(sorted(Counter(str(one.channels) for one in facts).items())),
        readable_channels=readable_channels(facts),
        lowest=min(one.lowest for one in facts),
        highest=max(one.highest for one in facts),
        are_bytes=all(one.is_bytes for one in facts),
        median_shape=tuple(int(side) for side in np.median([one.shape for one in facts], axis=0)),
        median_spacing=tuple(float(step) for step in np.median(spacings, axis=0)) if spacings else (),
        spacing_range=tuple((min(steps), max(steps)) for steps in zip(*spacings, strict=True)),
        orientations=dict(Counter(one.geometry.orientation for one in facts).most_common()),
        percentiles=_percentiles(facts),
    )
    sides = {name: [getattr(one, name) for one in facts] for name in ("depth", "height", "width")}
    return DatasetProfile(
        histograms=tuple(histogram(f"Volume {name}", "voxels", values) for name, values in sides.items()),
        facts={f"median_{name}": float(np.median(values)) for name, values in sides.items()},
    ).with_parts(part)


def _percentiles(facts: Sequence[VolumeFacts]) -> dict[str, float]:
    """The medians over all volumes, by percentage."""
    values = np.median([one.percentiles for one in facts], axis=0)
    return {f"{share:g}": float(value) for share, value in zip(PERCENTILES, values, strict=True)}


def volumes_of(inspection: Inspection) -> list[VolumeFacts]:
    """The facts about every volume that was decoded."""
    return list(inspection.media.values())


def readable_channels(facts: Iterable[VolumeFacts]) -> tuple[int, ...]:
    """The numbers of channels as which every volume can be read, the fewest first."""
    return tuple(sorted(set.intersection(*(set(one.readable_channels) for one in facts))))


def drop_other_channels(inspection: Inspection, column: str) -> None:
    """Leave out volumes that cannot be read with the number of channels that most can be read with."""
    counts = Counter(channels for one in volumes_of(inspection) for channels in one.readable_channels)
    if not counts:
        return
    best = max(counts, key=lambda channels: (counts[channels], -channels))
    bad = {name: one for name, one in inspection.media.items() if best not in one.readable_channels}
    numbers = ", ".join(map(str, sorted({one.channels for one in bad.values()})))
    for role, frame in inspection.frames.items():
        rows = frame.index[frame[column].astype(str).isin(list(bad))]
        inspection.drop(
            role,
            list(rows),
            "volume_channels",
            column,
            f"These volumes cannot be read with {best} channels, as most can.",
            "Use volumes of one kind.",
            [str(frame.at[row, column]) for row in rows],
            found=f"{numbers} channels",
            expected=f"volumes that can be read with {counted(best, 'channel')}",
        )
    for name in bad:
        del inspection.media[name]


def note_all_volumes(inspection: Inspection, column: str) -> None:
    """Say what is odd about the volumes as a whole; reported with the first table."""
    role = next(iter(inspection.frames))
    facts = volumes_of(inspection)
    flat = sum(one.is_flat for one in facts)
    if len(facts) > 1 and len(set(inspection.digests.values())) == 1:
        inspection.note(
            role,
            FindingLevel.WARNING,
            "identical_volumes",
            column,
            "All volumes are identical, byte by byte.",
            "Check how the files were copied.",
            found=f"the same bytes in {counted(len(facts), 'file')}",
            expected="volumes that differ",
        )
    if flat > FLAT_SHARE * len(facts):
        inspection.note(
            role,
            FindingLevel.WARNING,
            "flat_volumes",
            column,
            f"{flat} of {len(facts)} volumes have a single value, so they contain no information.",
            "Check how the volumes were saved.",
            found=f"a single value in {flat / len(facts):.0%} of the volumes",
            expected="volumes with content",
        )
    _note_orientations(inspection, column, role, facts)


def _note_orientations(inspection: Inspection, column: str, role: TableRole, facts: Sequence[VolumeFacts]) -> None:
    """Volumes that lie in different ways look like different bodies to a model."""
    counts = Counter(one.geometry.orientation for one in facts if one.geometry.orientation)
    if len(counts) > 1:
        inspection.note(
            role,
            FindingLevel.WARNING,
            "mixed_orientations",
            column,
            "The volumes do not all lie in the same way; they are read as they are stored.",
            "Store them in one orientation, and their masks with them.",
            found=", ".join(f"{counted(count, 'volume')} in {name}" for name, count in counts.most_common()),
            expected="one orientation",
        )
