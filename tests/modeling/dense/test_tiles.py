"""Tiles cover an image or a volume, overlap, and give back what was said of it."""

import numpy as np
import pytest
import torch

from studio.modeling.dense.tiles import OVERLAP, blended, cut, is_exceeded, random_corner, tile_corners

SIZES = [(10, 10), (33, 64), (64, 33), (65, 20), (200, 131), (32, 32), (1, 500), (30, 70, 9), (12, 12, 12)]


@pytest.mark.parametrize("sides", SIZES)
def test_what_is_cut_and_blended_is_the_image_again(sides: tuple[int, ...]) -> None:
    tile = (32, 40) if len(sides) == 2 else (16, 24, 20)
    image = np.random.default_rng(0).random((*sides, 2)).astype(np.float32)
    corners = tile_corners(sides, tile)

    tiles = np.stack([np.moveaxis(cut(image, corner, tile), -1, 0) for corner in corners])
    again = blended(torch.from_numpy(tiles), corners, sides)

    assert tiles.shape[1:] == (2, *tile)
    assert torch.allclose(again, torch.from_numpy(np.moveaxis(image, -1, 0)), atol=1e-5)


def test_neighbouring_tiles_overlap_by_a_quarter_at_least() -> None:
    starts = sorted({x for _, x in tile_corners((40, 333), (40, 40))})

    assert starts[0] == 0
    assert starts[-1] == 333 - 40
    assert max(np.diff(starts)) <= 40 * (1 - OVERLAP) + 1


def test_the_middle_of_a_tile_counts_most() -> None:
    values = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)])

    row = blended(values, [(0, 0), (0, 4)], (8, 12))[0, 4]

    assert row[:4].tolist() == [0.0] * 4
    assert row[8:].tolist() == [1.0] * 4
    assert (row.diff() >= 0).all()


def test_tiles_of_volumes_are_weighted_by_a_gaussian() -> None:
    """Of two tiles, 8 apart, the shares at a place are those of two normal densities."""
    values = torch.stack([torch.zeros(1, 4, 4, 16), torch.ones(1, 4, 4, 16)])

    row = blended(values, [(0, 0, 0), (0, 0, 8)], (4, 4, 24))[0, 1, 2]

    first, second = (np.exp(-0.5 * ((np.arange(8, 16) - middle) / 2) ** 2).clip(0.01) for middle in (7.5, 15.5))
    assert row[8:16].tolist() == pytest.approx((second / (first + second)).tolist(), abs=1e-6)


def test_a_crop_lies_in_the_image_and_comes_again_with_its_seed() -> None:
    tile = (8, 16)
    corners = [random_corner((20, 17), tile, np.random.default_rng(seed)) for seed in range(200)]

    assert {y for y, _ in corners} == set(range(13))
    assert {x for _, x in corners} == {0, 1}
    assert corners == [random_corner((20, 17), tile, np.random.default_rng(seed)) for seed in range(200)]
    assert random_corner((5, 5), tile, np.random.default_rng(1)) == (0, 0)


def test_only_what_is_larger_in_some_direction_is_cut() -> None:
    assert is_exceeded((8, 17), (8, 16))
    assert not is_exceeded((8, 16), (8, 16))
