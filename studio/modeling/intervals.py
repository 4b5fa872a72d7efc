"""Intervals of metrics: how far each would move with other rows of the same kind.

The bootstrap over rows (Efron 1979), with percentiles that are corrected for bias and skewness (BCa, Efron 1987) and
widened for small samples (Hesterberg 2015, arXiv:1411.5279, section 5.3); shares of rows have the score interval of
Wilson (1927), which also holds where all rows are right.

Shapes: B resamples, N rows.
"""

import time
from collections.abc import Iterator, Mapping

import numpy as np
from scipy import stats

from studio.modeling.row_statistics import Floats, RowStatistics

CONFIDENCE = 0.95
LEAST_ROWS = 20
"""Of fewer rows a bootstrap says nothing that holds."""
RESAMPLES, LEAST_RESAMPLES = 1000, 100
CELLS = 2_000_000
"""Weights that are drawn at a time."""
MOST_SKEWED_ROWS = 1000
"""Of more rows, skewness matters no longer."""
LEAST_DEFINED = 0.9
"""Of the resamples: a metric that is often undefined, as with a class that few rows have, gets no interval."""

Interval = tuple[float, float]


def metric_intervals(statistics: RowStatistics, *, seed: int, seconds: float) -> dict[str, Interval]:
    """The 95 % interval of every metric that has one; none where there are too few rows.

    Stops drawing after so many seconds, once there are 100 resamples; before that only after three times as many, with
    no intervals then.
    """
    if statistics.rows < LEAST_ROWS:
        return {}
    found = {name: _wilson(values) for name, values in statistics.proportions.items()}
    estimates = statistics.metrics(np.ones((1, statistics.rows)))
    drawn = _resampled(statistics, np.random.default_rng(seed), seconds)
    if drawn is None:
        return found
    skewness = _skewness(statistics)
    for name, values_B in drawn.items():
        interval = _percentiles(values_B, float(estimates[name][0]), skewness.get(name, 0.0), statistics.rows)
        if name not in found and interval is not None:
            found[name] = interval
    return found


def difference_intervals(
    first: RowStatistics, second: RowStatistics, *, seed: int, seconds: float
) -> dict[str, Interval]:
    """The 95 % interval of every metric of the first less that of the second, of the same rows in the same order.

    Each resample counts the rows of both alike, so what is hard for both does not blur the difference. None is given of
    too few rows, or of a metric that is often undefined.

    Raises:
        ValueError: if they have different numbers of rows.
    """
    if first.rows != second.rows:
        raise ValueError(f"{first.rows} rows cannot be paired with {second.rows}")
    if first.rows < LEAST_ROWS:
        return {}
    one, other = (_resampled(each, np.random.default_rng(seed), seconds / 2) for each in (first, second))
    if one is None or other is None:
        return {}
    ones = np.ones((1, first.rows))
    now, before = first.metrics(ones), second.metrics(ones)
    found = {}
    for metric in one:
        drawn = min(len(one[metric]), len(other[metric]))
        differences_B = one[metric][:drawn] - other[metric][:drawn]
        interval = _percentiles(differences_B, float(now[metric][0] - before[metric][0]), 0.0, first.rows)
        if interval is not None:
            found[metric] = interval
    return found


def _resampled(statistics: RowStatistics, random: np.random.Generator, seconds: float) -> Mapping[str, Floats] | None:
    """The metrics of as many resamples as the time allows."""
    began, parts, count = time.monotonic(), [], 0
    for weights_BN in _weights(statistics.rows, random):
        parts.append(statistics.metrics(weights_BN))
        count += len(weights_BN)
        spent = time.monotonic() - began
        if spent > seconds and (count >= LEAST_RESAMPLES or spent > 3 * seconds):
            break
    if count < LEAST_RESAMPLES:
        return None
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _weights(rows: int, random: np.random.Generator) -> Iterator[Floats]:
    """How often each row was drawn, some resamples at a time."""
    at_a_time = max(1, min(LEAST_RESAMPLES, CELLS // rows))
    for first in range(0, RESAMPLES, at_a_time):
        count = min(at_a_time, RESAMPLES - first)
        yield random.multinomial(rows, np.full(rows, 1 / rows), size=count).astype(np.float64)


def _skewness(statistics: RowStatistics) -> dict[str, float]:
    """The acceleration of every metric: the skewness of what each row adds, from the tables that lack one row."""
    rows = statistics.rows
    if rows > MOST_SKEWED_ROWS:
        return {}
    found = {}
    for name, values_N in statistics.metrics(np.ones((rows, rows)) - np.eye(rows)).items():
        differences = np.nan_to_num(np.nanmean(values_N) - values_N) if np.isfinite(values_N).any() else np.zeros(rows)
        spread = float((differences**2).sum())
        found[name] = float((differences**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    return found


def _percentiles(values_B: Floats, estimate: float, skewness: float, rows: int) -> Interval | None:
    defined = values_B[np.isfinite(values_B)]
    if not np.isfinite(estimate) or len(defined) < LEAST_DEFINED * len(values_B):
        return None
    if np.ptp(defined) <= 1e-12 * max(1.0, abs(estimate)):
        return None  # the same in all of them, but for the order of a sum
    below = ((defined < estimate).sum() + 0.5 * (defined == estimate).sum()) / len(defined)
    bias = stats.norm.ppf(np.clip(below, 1 / len(defined), 1 - 1 / len(defined)))
    # Student's quantile, and the variance of a sample that is divided by its size: what small samples lack.
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, rows - 1) * np.sqrt(rows / (rows - 1))
    ends = np.array([bias - reach, bias + reach])
    low, high = np.quantile(defined, stats.norm.cdf(bias + ends / np.maximum(1 - skewness * ends, 0.1)))
    return float(low), float(high)


def _wilson(values_N: Floats) -> Interval:
    interval = stats.binomtest(int(values_N.sum()), len(values_N)).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)
