"""Masks as run lengths, against pycocotools."""

import numpy as np
import pytest
from pycocotools import mask as coco

from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text

# pycocotools still converts arrays as NumPy 1 did.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MASKS = {
    "random": np.random.default_rng(0).random((13, 7)) > 0.5,
    "empty": np.zeros((4, 5), dtype=bool),
    "full": np.ones((4, 5), dtype=bool),
    "first and last": np.pad(np.zeros((2, 3), dtype=bool), 1, constant_values=True),
    "one row": np.array([[True, False, True, True]]),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_comes_back_from_its_runs_and_from_their_text(name: str) -> None:
    mask = MASKS[name]

    again = decode(from_text(to_text(encode(mask))), *mask.shape)

    assert (again == mask).all()


@pytest.mark.parametrize("name", MASKS)
def test_runs_are_in_the_order_of_coco(name: str) -> None:
    mask = MASKS[name]
    runs = encode(mask)

    counts, place = [], 0
    for start, length in runs.tolist():
        counts += [start - 1 - place, length]
        place = start - 1 + length
    counts.append(mask.size - place)
    theirs = coco.decode(coco.frPyObjects({"size": list(mask.shape), "counts": counts}, *mask.shape))

    assert (theirs.astype(bool) == mask).all()
    assert runs[:, 1].sum() == coco.area(coco.encode(np.asfortranarray(mask.astype(np.uint8))))


@pytest.mark.parametrize("text", ["1", "1 2 3", "a b", "1.5 2"])
def test_a_text_that_is_no_pairs_of_whole_numbers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"pairs|invalid literal"):
        from_text(text)


@pytest.mark.parametrize("text", ["0 3", "10 5", "3 0", "-1 2", "13 1"])
def test_a_run_outside_the_mask_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not lie in a mask of 3 x 4"):
        decode(from_text(text), 3, 4)
