"""Mel filters: a linear spectrum as energies in bands that widen with the frequency as hearing does.

The scale is that of Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above; every filter has the same
area, as librosa's have by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BREAK_HZ = 1000.0
HZ_PER_MEL = 200.0 / 3
LOG_STEP = 0.06875177742094912
"""ln(6.4) / 27: 27 steps from 1 kHz to 6.4 kHz."""


def mel_of(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frequencies on the mel scale."""
    above = np.maximum(hertz, BREAK_HZ)
    return np.where(hertz < BREAK_HZ, hertz / HZ_PER_MEL, BREAK_HZ / HZ_PER_MEL + np.log(above / BREAK_HZ) / LOG_STEP)


def hertz_of(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frequencies of places on the mel scale."""
    start = BREAK_HZ / HZ_PER_MEL
    return np.where(mel < start, mel * HZ_PER_MEL, BREAK_HZ * np.exp((np.maximum(mel, start) - start) * LOG_STEP))


def mel_filters(sample_rate: int, window_size: int, bins: int, lowest: float, highest: float) -> NDArray[np.float32]:
    """Triangular filters (bins, window_size // 2 + 1), to be multiplied with a power spectrum.

    `highest` beyond half the sample rate is that half.
    """
    frequencies = np.linspace(0, sample_rate / 2, window_size // 2 + 1)
    ends = mel_of(np.asarray([lowest, min(highest, sample_rate / 2)]))
    corners = hertz_of(np.linspace(ends[0], ends[1], bins + 2))
    widths = np.diff(corners)
    slopes = corners[:, None] - frequencies[None]
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (corners[2:] - corners[:-2]))[:, None]
    return filters.astype(np.float32)
