"""Batches: every row once an epoch, in an order that only seed and epoch decide, startable in the middle."""

from hypothesis import given
from hypothesis import strategies as st

from studio.modeling.loading import TrainingOrder, batch_bounds, data_workers


@given(st.integers(1, 200), st.integers(1, 50))
def test_without_dropping_every_row_is_in_one_batch(count: int, size: int) -> None:
    bounds = batch_bounds(count, size, drop_last=False)

    assert [row for start, stop in bounds for row in range(start, stop)] == list(range(count))
    assert all(stop - start >= 2 for start, stop in bounds) or size == 1 or count == 1


@given(st.integers(1, 200), st.integers(1, 50))
def test_dropping_leaves_only_full_batches_and_at_least_one(count: int, size: int) -> None:
    bounds = batch_bounds(count, size, drop_last=True)

    assert len(bounds) == max(1, count // size)
    assert all(stop - start == min(size, count) for start, stop in bounds)


def test_an_epoch_starts_in_the_middle_with_the_same_draws() -> None:
    order = TrainingOrder(50, 8, drop_last=False, seed=1)
    order.begin(3)
    whole = list(order)
    order.begin(3, 4)

    assert list(order) == whole[4:]
    assert len(order) == len(whole) - 4


def test_epochs_and_seeds_differ() -> None:
    def rows(seed: int, epoch: int) -> list[int]:
        order = TrainingOrder(50, 50, drop_last=False, seed=seed)
        order.begin(epoch)
        return [draw.row for batch in order for draw in batch]

    assert sorted(rows(1, 0)) == list(range(50))
    assert rows(1, 0) == rows(1, 0)
    assert rows(1, 0) != rows(1, 1)
    assert rows(1, 0) != rows(2, 0)


def test_data_workers_leave_a_core_to_the_model() -> None:
    assert (data_workers(4, 1), data_workers(4, 2), data_workers(4, 8), data_workers(0, 8)) == (0, 1, 4, 0)
