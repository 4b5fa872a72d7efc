"""What is worth knowing about a dataset's images: frames, orientation, bit depth, value ranges, channels, repeats."""

from collections import Counter
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection
from studio.datasets.media.image_facts import ImageFacts
from studio.datasets.media.image_profile import images_of
from studio.settings.finding import FindingLevel

SIDEWAYS = (5, 6, 7, 8)
DARK_SHARE = 0.5
_Pairs = list[tuple[Any, ImageFacts]]


def note_images(inspection: Inspection, role: TableRole, column: str) -> None:
    """Say which rows of a table have images that were decided about."""
    pairs = _pairs(inspection, role, column)
    scalings = {one.scaling for _, one in pairs}
    for rows, level, code, message, fix, found, expected in (
        (
            [index for index, one in pairs if one.frames > 1],
            FindingLevel.WARNING,
            "many_frames",
            "images have several frames; the first is used.",
            "Save the frame you need as a separate file.",
            f"{max((one.frames for _, one in pairs), default=0):,} frames in a file",
            "one frame in a file",
        ),
        (
            [index for index, one in pairs if one.orientation in SIDEWAYS],
            FindingLevel.WARNING,
            "orientation",
            "images have an EXIF orientation of 90 degrees, which is applied. Boxes must refer to the rotated image.",
            "Check boxes in the preview.",
            f"orientation tag {listed(one.orientation for _, one in pairs if one.orientation in SIDEWAYS)}",
            "upright pixels without an orientation tag",
        ),
        (
            [index for index, one in pairs if one.scaling == "high byte"],
            FindingLevel.WARNING,
            "deep_image",
            "images have 16 bits per channel; 65,535 becomes 255, and values below 256 become 0.",
            "If the values use only a part of this range, rescale them before saving.",
            "16 bits per channel",
            "8 bits per channel",
        ),
        (
            [index for index, one in pairs if one.scaling == "0 to 1"],
            FindingLevel.NOTE,
            "float_image",
            "images contain decimal numbers from 0 to 1, which are multiplied by 255.",
            "",
            "decimal numbers from 0 to 1",
            "8 bits per channel",
        ),
        (
            [index for index, one in pairs if one.scaling == "0 to 255"],
            FindingLevel.NOTE,
            "float_image",
            "images contain decimal numbers from 0 to 255, which are rounded.",
            "",
            "decimal numbers from 0 to 255",
            "8 bits per channel",
        ),
        (
            _rarer(pairs) if {"0 to 1", "0 to 255"} <= scalings else [],
            FindingLevel.WARNING,
            "mixed_ranges",
            "images contain decimal numbers in a different range than the rest, so they may be too bright or too dark.",
            "Save all images in one range.",
            "ranges from 0 to 1 and from 0 to 255",
            "one range in all images",
        ),
    ):
        if rows:
            words = f"{len(rows)} {message}"
            inspection.note(role, level, code, column, words, fix, rows, found=found, expected=expected)


def note_all_images(inspection: Inspection, column: str) -> None:
    """Say what is odd about the images as a whole; reported with the first table."""
    role = next(iter(inspection.frames))
    facts = images_of(inspection)
    kinds = Counter(one.channels for one in facts)
    flat = sum(one.is_flat for one in facts)
    if len(kinds) > 1:
        counts = ", ".join(f"{count:,} with {channels}" for channels, count in sorted(kinds.items()))
        words = f"Images have different numbers of channels: {counts}. All are read with the same number."
        inspection.note(
            role,
            FindingLevel.WARNING,
            "mixed_channels",
            column,
            words,
            "Check the setting Image channels.",
            found=f"{', '.join(map(str, sorted(kinds)))} channels",
            expected="the same number in all images",
        )
    if len(facts) > 1 and len(set(inspection.digests.values())) == 1:
        words = "All images are identical, byte by byte."
        inspection.note(
            role,
            FindingLevel.WARNING,
            "identical_images",
            column,
            words,
            "Check how the files were copied.",
            found=f"the same bytes in {counted(len(facts), 'file')}",
            expected="images that differ",
        )
    if flat > DARK_SHARE * len(facts):
        words = f"{flat} of {len(facts)} images have a single colour, so they contain no information."
        inspection.note(
            role,
            FindingLevel.WARNING,
            "flat_images",
            column,
            words,
            "Check how the images were saved.",
            found=f"a single colour in {flat / len(facts):.0%} of the images",
            expected="images with content",
        )


def drop_other_channels(inspection: Inspection, column: str) -> None:
    """Leave out images that cannot be read with the number of channels that most can be read with."""
    counts = Counter(channels for one in images_of(inspection) for channels in one.readable_channels)
    if not counts:
        return
    best = max(counts, key=lambda channels: (counts[channels], channels == 3))
    for role in inspection.frames:
        bad = [index for index, one in _pairs(inspection, role, column) if best not in one.readable_channels]
        names = [str(inspection.frames[role].at[index, column]) for index in bad]
        inspection.drop(
            role,
            bad,
            "image_channels",
            column,
            f"These images cannot be read with {best} channels, as most can.",
            "Use images of one kind.",
            names,
            found=_channels_of(inspection, names),
            expected=f"images that can be read with {counted(best, 'channel')}",
        )
    for name in [name for name, one in inspection.media.items() if best not in one.readable_channels]:
        del inspection.media[name]


def _channels_of(inspection: Inspection, names: list[str]) -> str:
    """With how many channels these images were saved."""
    numbers = sorted({inspection.media[name].channels for name in names})
    return f"{', '.join(map(str, numbers))} channel{'' if numbers == [1] else 's'}"


def _pairs(inspection: Inspection, role: TableRole, column: str) -> _Pairs:
    frame = inspection.frames[role]
    found = ((index, inspection.media.get(str(name))) for index, name in zip(frame.index, frame[column], strict=True))
    return [(index, one) for index, one in found if one is not None]


def _rarer(pairs: _Pairs) -> list[Any]:
    """Rows whose decimal numbers have the range that fewer images have."""
    unit = [index for index, one in pairs if one.scaling == "0 to 1"]
    byte = [index for index, one in pairs if one.scaling == "0 to 255"]
    return min(unit, byte, key=len)
