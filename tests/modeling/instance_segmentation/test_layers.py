"""Objects in planes: they come back as they went in, however many and however they overlap."""

import numpy as np

from studio.datasets.masks.run_lengths import decode, encode, encode_part, runs_by_value, to_text
from studio.modeling.instance_segmentation.borders import bordered
from studio.modeling.instance_segmentation.layers import layered, layers_as_runs, pixels_of
from studio.modeling.segmentation.truth import TrueMasks

SHAPE = (40, 50)


def masks_of(masks: list[np.ndarray], classes: list[int] | None = None) -> TrueMasks:
    return TrueMasks(tuple(classes or [0] * len(masks)), tuple(to_text(encode(mask)) for mask in masks))


def rectangle(y: int, x: int, height: int, width: int) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[y : y + height, x : x + width] = True
    return mask


def test_overlapping_objects_come_back_pixel_by_pixel() -> None:
    masks = [rectangle(0, 0, 20, 20), rectangle(10, 10, 20, 20), rectangle(30, 40, 10, 10), rectangle(5, 5, 3, 3)]

    layers = layered(masks_of(masks), *SHAPE)

    assert len(layers.planes_PHW) == 2
    for mask, runs in zip(masks, layers_as_runs(layers), strict=True):
        assert (decode(runs, *SHAPE) == mask).all()


def test_more_objects_than_a_byte_counts_take_a_second_plane() -> None:
    masks = [rectangle(2 * (n // 25), 2 * (n % 25), 1, 1) for n in range(400)]

    layers = layered(masks_of(masks), *SHAPE)

    assert len(layers.planes_PHW) == 2
    seen, boxes = layers.boxes()
    assert seen.tolist() == list(range(400))
    assert boxes[26].tolist() == [2.0, 2.0, 3.0, 3.0]


def test_objects_without_a_pixel_and_of_unseen_classes_are_left_out() -> None:
    layers = layered(TrueMasks((0, 1, -1), ("", "1 5", "11 5")), *SHAPE)

    assert layers.classes_N.tolist() == [1]
    assert layered(TrueMasks((), ()), *SHAPE).planes_PHW.shape == (1, *SHAPE)
    cut = layers.moved(layers.planes_PHW[:, 10:, :])
    assert cut.boxes()[0].tolist() == []


def test_runs_of_parts_and_of_values_are_those_of_whole_masks() -> None:
    generator = np.random.default_rng(0)
    numbers = generator.integers(0, 4, SHAPE)

    by_value = runs_by_value(numbers)

    assert set(by_value) == {1, 2, 3}
    for value, runs in by_value.items():
        assert (runs == encode(numbers == value)).all()
    for corner, part in (((7, 3), (20, 30)), ((0, 0), SHAPE), ((10, 0), (40, 5))):
        mask = np.zeros(SHAPE, dtype=bool)
        inner = generator.random(part) > 0.4
        mask[corner[1] : corner[1] + part[0], corner[0] : corner[0] + part[1]] = inner
        assert (encode_part(inner, corner, SHAPE[0]) == encode(mask)).all()
    assert (pixels_of(encode(numbers == 1)) == np.flatnonzero((numbers == 1).ravel(order="F"))).all()


def test_borders_run_inside_of_objects_and_between_those_that_touch() -> None:
    layers = layered(masks_of([rectangle(5, 5, 10, 10), rectangle(5, 15, 10, 10)], [0, 1]), *SHAPE)

    border, first, second = bordered(layers, 2, excludes=False)

    assert first.sum() == second.sum() == 100
    assert border.sum() == 2 * (100 - 64)
    assert border[8, 14] == border[8, 15] == 1
    assert border[8, 10] == border[4, 5] == 0
    exclusive = bordered(layers, 2, excludes=True)
    assert (exclusive.sum(axis=0) <= 1).all()
    assert exclusive[1].sum() == 64


def test_what_leaves_the_image_has_no_border_at_its_edge() -> None:
    border = bordered(layered(masks_of([rectangle(0, 0, *SHAPE)]), *SHAPE), 1, excludes=False)[0]

    assert border.sum() == 0
