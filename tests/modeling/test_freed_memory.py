"""Memory is given back when a process has grown, and not after every batch."""

import numpy as np

from studio.modeling.freed_memory import FreedMemory, resident_bytes


def test_it_is_given_back_only_after_growth_and_measured_anew() -> None:
    resident = iter([100, 150, 250, 180, 270, 290, 200])
    given: list[None] = []
    memory = FreedMemory(lambda: next(resident), lambda: given.append(None), growth_bytes=100)

    memory.give_back()  # 150: less than 100 more
    assert len(given) == 0
    memory.give_back()  # 250, and 180 afterwards
    assert len(given) == 1
    memory.give_back()  # 270: less than 100 more than 180
    assert len(given) == 1
    memory.give_back()  # 290
    assert len(given) == 2


def test_holes_between_what_is_kept_go_back_to_the_system() -> None:
    FreedMemory(growth_bytes=0).give_back()  # else the blocks may fill holes that other tests have left
    memory = FreedMemory(growth_bytes=16 << 20)
    blocks = [np.ones(12_000, dtype=np.float64) for _ in range(1500)]  # too small to be mapped one by one
    kept = blocks[::50]
    grown = resident_bytes()
    del blocks

    memory.give_back()

    assert len(kept) == 30
    assert resident_bytes() < grown - (64 << 20)
