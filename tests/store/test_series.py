"""Series are reduced to buckets that keep spikes and gaps."""

import numpy as np

from studio.store.series import reduce_points


def test_a_spike_survives_any_reduction() -> None:
    values = np.zeros(100_000)
    values[54_321] = 99.0
    values[12_345] = -99.0
    steps = np.arange(100_000, dtype=np.float64)

    reduced = reduce_points(steps, values, steps, steps, 500)

    assert len(reduced.steps) == 500
    assert max(value for value in reduced.max if value is not None) == 99.0
    assert min(value for value in reduced.min if value is not None) == -99.0
    assert reduced.steps[-1] == 99_999
    assert reduced.total == 100_000


def test_short_series_come_as_they_are_with_gaps_for_nan() -> None:
    steps = np.array([1.0, 2.0, 3.0])

    reduced = reduce_points(steps, np.array([0.5, np.nan, 0.25]), steps, steps, 500)

    assert reduced.steps == [1, 2, 3]
    assert reduced.min == reduced.max == reduced.last == [0.5, None, 0.25]


def test_nothing_reduces_to_nothing() -> None:
    none = np.array([], dtype=np.float64)

    assert reduce_points(none, none, none, none, 500).total == 0


def test_every_bucket_knows_how_many_points_of_the_series_it_closes() -> None:
    """Of the training loss, which has a point at every update, that is the optimizer step."""
    steps = np.array([32.0, 64.0, 96.0, 100.0, 132.0, 164.0])

    assert reduce_points(steps, steps, steps, steps, 3).numbers == [2, 4, 6]
    assert reduce_points(steps, steps, steps, steps, 3, before=10).numbers == [12, 14, 16]
