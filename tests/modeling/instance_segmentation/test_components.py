"""Objects from pixels: touching ones are separated by their border, and grow back to it."""

import time

import numpy as np
import pytest

from studio.datasets.masks.run_lengths import decode, encode, to_text
from studio.modeling.instance_segmentation.borders import bordered
from studio.modeling.instance_segmentation.components import components
from studio.modeling.instance_segmentation.layers import layered
from studio.modeling.segmentation.truth import TrueMasks

SHAPE = (60, 80)


def disc(y: int, x: int, radius: int) -> np.ndarray:
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 <= radius**2)


def learned(masks: list[np.ndarray], classes: list[int], count: int, *, excludes: bool) -> np.ndarray:
    """What a network that has learned everything says of objects."""
    truth = TrueMasks(tuple(classes), tuple(to_text(encode(mask)) for mask in masks))
    return bordered(layered(truth, *SHAPE), count, excludes=excludes).astype(np.float32)


@pytest.mark.parametrize("excludes", [False, True])
def test_touching_objects_of_a_class_come_back(excludes: bool) -> None:
    left = disc(30, 20, 12)
    right, lower = disc(30, 44, 12) & ~left, disc(50, 70, 8)

    found = components(learned([left, right, lower], [0, 0, 1], 2, excludes=excludes), 0.5, excludes=excludes)

    assert [one.class_index for one in found] == [0, 0, 1]
    for mask in (left, right, lower):
        best = max((decode(one.runs, *SHAPE) & mask).sum() / (decode(one.runs, *SHAPE) | mask).sum() for one in found)
        assert best > 0.97


def test_a_border_that_is_not_seen_leaves_one_object() -> None:
    masks = [disc(30, 20, 12), disc(30, 44, 12)]
    probabilities = learned(masks, [0, 0], 1, excludes=False)
    probabilities[0] = 0

    assert len(components(probabilities, 0.5, excludes=False)) == 1


def test_confidence_is_the_mean_probability_and_orders_objects() -> None:
    probabilities = np.zeros((2, *SHAPE), dtype=np.float32)
    probabilities[1][disc(15, 15, 8)] = 0.7
    probabilities[1][disc(45, 60, 8)] = 0.9

    found = components(probabilities, 0.5, excludes=False)

    assert [one.score for one in found] == pytest.approx([0.9, 0.7])
    assert len(components(probabilities, 0.8, excludes=False)) == 1


def test_specks_are_no_objects_and_thin_ones_are() -> None:
    probabilities = np.zeros((2, *SHAPE), dtype=np.float32)
    probabilities[1, 5:7, 5:7] = 1
    thin = np.zeros(SHAPE, dtype=bool)
    thin[20, 10:70] = True
    probabilities[:, thin] = 1

    (found,) = components(probabilities, 0.5, excludes=False)

    assert (decode(found.runs, *SHAPE) == thin).all()


def test_a_speck_between_borders_does_not_divide_an_object() -> None:
    mask = disc(30, 40, 14)
    probabilities = learned([mask], [0], 1, excludes=False)
    probabilities[0, 28:33, 50:53] = 1
    probabilities[0, 30, 51] = 0

    (found,) = components(probabilities, 0.5, excludes=False)

    assert (decode(found.runs, *SHAPE) == mask).all()


def test_five_hundred_touching_objects_take_a_moment() -> None:
    rows, columns = np.divmod(np.arange(520), 26)
    probabilities = np.zeros((2, 20 * 24, 26 * 24), dtype=np.float32)
    probabilities[1] = 1
    for y, x in zip(rows * 24, columns * 24, strict=True):
        probabilities[0, y : y + 24, x : x + 24] = 1
        probabilities[0, y + 1 : y + 23, x + 1 : x + 23] = 0
    began = time.monotonic()

    found = components(probabilities, 0.5, excludes=False)

    assert len(found) == 520
    assert {int(one.runs[:, 1].sum()) for one in found} <= set(range(560, 600))
    assert time.monotonic() - began < 3
