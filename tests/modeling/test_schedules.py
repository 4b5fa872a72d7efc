"""Schedules rise in a line, fall as named, and never leave 0 to 1."""

from hypothesis import given
from hypothesis import strategies as st

from studio.modeling.schedules import schedule_factor


def test_cosine_and_linear_fall_from_1_towards_0() -> None:
    cosine = [schedule_factor("Cosine", update, 100, 0) for update in range(100)]
    linear = [schedule_factor("Linear", update, 100, 0) for update in range(100)]

    assert (cosine[0], linear[0]) == (1.0, 1.0)
    assert cosine == sorted(cosine, reverse=True)
    assert abs(cosine[50] - 0.5) < 1e-9
    assert abs(linear[25] - 0.75) < 1e-9


def test_the_warm_up_ends_at_the_full_rate() -> None:
    factors = [schedule_factor("Constant", update, 20, 4) for update in range(20)]

    assert factors[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert set(factors[4:]) == {1.0}


@given(st.sampled_from(["Constant", "Cosine", "Linear"]), st.integers(1, 500), st.integers(0, 500), st.data())
def test_factors_lie_between_0_and_1(schedule: str, updates: int, warmup: int, data: st.DataObject) -> None:
    update = data.draw(st.integers(0, updates - 1))

    assert 0.0 <= schedule_factor(schedule, update, updates, warmup) <= 1.0  # type: ignore[arg-type]
