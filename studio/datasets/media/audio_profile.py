"""Facts about a dataset's recordings."""

from __future__ import annotations

from collections import Counter

from studio.datasets.histograms import histogram
from studio.datasets.inspection import Inspection
from studio.datasets.media.audio_part import AudioPart
from studio.datasets.media.audio_warnings import recordings_of
from studio.datasets.profile import DatasetProfile
from studio.on_demand import np

LONG_SHARE = 0.95


def audio_profile(inspection: Inspection) -> DatasetProfile:
    """Lengths, rates and channels of all recordings of a dataset."""
    facts = recordings_of(inspection)
    if not facts:
        return DatasetProfile()
    seconds = [one.seconds for one in facts]
    rates = Counter(str(one.sample_rate) for one in facts).most_common()
    part = AudioPart(
        seconds=sum(seconds),
        median_seconds=float(np.median(seconds)),
        long_seconds=float(np.quantile(seconds, LONG_SHARE)),
        longest_seconds=max(seconds),
        sample_rates=dict(rates),
        channels=dict(sorted(Counter(str(one.channels) for one in facts).items())),
        formats=dict(Counter(one.format for one in facts).most_common()),
        silent=sum(one.is_silent for one in facts),
        quiet_share=sum(one.quiet_share * one.seconds for one in facts) / sum(seconds),
    )
    histograms = [histogram("Duration", "seconds", seconds)]
    if len(rates) > 1:
        histograms.append(histogram("Sample rate", "Hz", [one.sample_rate for one in facts]))
    if any(one.quiet_share for one in facts):
        histograms.append(histogram("Silence", "% of the recording", [100 * one.quiet_share for one in facts]))
    return DatasetProfile(
        histograms=tuple(histograms), facts={"median_seconds": part.median_seconds, "hours": part.seconds / 3600}
    ).with_parts(part)
