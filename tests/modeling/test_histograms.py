"""Ranges of equal width by name."""

import numpy as np

from studio.modeling.histograms import histogram, means_by_range, range_names


def test_values_outside_count_in_the_ranges_at_the_ends() -> None:
    found = histogram([-5, 0.1, 0.9, 7, np.nan], bins=2, between=(0, 1))

    assert found.names == ("0 to 0.5", "0.5 to 1")
    assert found.counts == (2, 2)


def test_equal_values_and_no_values_have_a_histogram() -> None:
    assert sum(histogram([3.0, 3.0], bins=4).counts) == 2
    assert sum(histogram([], bins=4).counts) == 0


def test_names_of_close_ranges_differ() -> None:
    names = range_names([1000.01, 1000.02, 1000.03])

    assert names == ("1000.01 to 1000.02", "1000.02 to 1000.03")


def test_means_by_range_hold_every_value_once() -> None:
    found = means_by_range([1, 2, 3, 4], [10, 20, 30, 40], 2)

    assert found.names == ("1 to 2", "2 to 4")
    assert found.means == (10, 30)
    assert means_by_range([5, 5], [1, 3], 4).means == (2,)
