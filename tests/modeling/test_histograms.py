"""Ranges of equal width by name."""

import numpy as np

from studio.modeling.histograms import histogram, range_names


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
