"""What is odd about a dataset's recordings: cut off, silent, clipped, of different rates."""

from __future__ import annotations

from collections import Counter

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection
from studio.datasets.media.audio_facts import CLIPPED_SHARE, AudioFacts
from studio.settings.finding import FindingLevel


def recordings_of(inspection: Inspection) -> list[AudioFacts]:
    """The facts about every recording that was decoded."""
    return list(inspection.media.values())


def note_recordings(inspection: Inspection, role: TableRole, column: str) -> None:
    """Warn of the recordings of a table that say less than they should."""
    named = inspection.frames[role][column].astype(str).tolist()
    facts: dict[str, AudioFacts] = {name: inspection.media[name] for name in named if name in inspection.media}
    cut = [name for name, one in facts.items() if one.missing_frames]
    silent = [name for name, one in facts.items() if one.is_silent]
    clipped = [name for name, one in facts.items() if one.clipped_share > CLIPPED_SHARE]
    for code, names, message, fix, expected in (
        (
            "audio_truncated",
            cut,
            "These recordings are shorter than their headers declare; what is there is used.",
            "Copy the files again.",
            "recordings of the declared length",
        ),
        ("audio_silent", silent, "Nothing is to be heard in these recordings.", "Remove the rows.", "sound"),
        (
            "audio_clipped",
            clipped,
            "More than 0.1 % of the samples of these recordings are at full scale, as if recorded too loud.",
            "Record with a lower level, if you can.",
            "samples below full scale",
        ),
    ):
        if names:
            inspection.note(
                role,
                FindingLevel.WARNING,
                code,
                column,
                message,
                fix,
                examples=names[:20],
                found=f"{counted(len(names), 'recording')}: {listed(names[:5])}",
                expected=expected,
            )


def note_all_recordings(inspection: Inspection, column: str) -> None:
    """Say that rates or channels differ; reported with the first table."""
    role, facts = next(iter(inspection.frames)), recordings_of(inspection)
    rates = Counter(one.sample_rate for one in facts).most_common()
    if len(rates) > 1:
        inspection.note(
            role,
            FindingLevel.NOTE,
            "audio_rates",
            column,
            "Recordings have different sample rates; they are resampled to one before training.",
            "",
            found=", ".join(f"{rate:,} Hz ({count})" for rate, count in rates[:8]),
            expected="one sample rate",
        )
    several = sum(one.channels > 1 for one in facts)
    if several:
        inspection.note(
            role,
            FindingLevel.NOTE,
            "audio_channels",
            column,
            "Recordings with several channels are mixed to one.",
            "",
            found=f"{counted(several, 'recording')} with several channels",
            expected="one channel",
        )
    if len(facts) > 1 and len(set(inspection.digests.values())) == 1:
        inspection.note(
            role,
            FindingLevel.WARNING,
            "identical_recordings",
            column,
            "All recordings are identical, byte by byte.",
            "Check how the files were copied.",
            found=f"the same bytes in {counted(len(facts), 'file')}",
            expected="recordings that differ",
        )
