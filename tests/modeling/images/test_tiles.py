"""Tiles cover an image, overlap, and give back what was said of it."""

import numpy as np
import pytest
import torch

from studio.modeling.images.tiles import OVERLAP, TileSize, blended, cut, random_corner, tile_corners

SIZES = [(10, 10), (33, 64), (64, 33), (65, 20), (200, 131), (32, 32), (1, 500)]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_cut_and_blended_is_the_image_again(size: tuple[int, int]) -> None:
    tile = TileSize(32, 40)
    image = np.random.default_rng(0).random((*size, 2)).astype(np.float32)
    corners = tile_corners(*size, tile)

    tiles = np.stack([cut(image, corner, tile).transpose(2, 0, 1) for corner in corners])
    again = blended(torch.from_numpy(tiles), corners, *size)

    assert tiles.shape[1:] == (2, 32, 40)
    assert torch.allclose(again, torch.from_numpy(image.transpose(2, 0, 1)), atol=1e-5)


def test_neighbouring_tiles_overlap_by_a_quarter_at_least() -> None:
    starts = sorted({x for _, x in tile_corners(40, 333, TileSize(40, 40))})

    assert starts[0] == 0
    assert starts[-1] == 333 - 40
    assert max(np.diff(starts)) <= 40 * (1 - OVERLAP) + 1


def test_the_middle_of_a_tile_counts_most() -> None:
    values = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)])

    row = blended(values, [(0, 0), (0, 4)], 8, 12)[0, 4]

    assert row[:4].tolist() == [0.0] * 4
    assert row[8:].tolist() == [1.0] * 4
    assert (row.diff() >= 0).all()


def test_a_crop_lies_in_the_image_and_comes_again_with_its_seed() -> None:
    tile = TileSize(8, 16)
    corners = [random_corner(20, 17, tile, seed) for seed in range(200)]

    assert {y for y, _ in corners} == set(range(13))
    assert {x for _, x in corners} == {0, 1}
    assert corners == [random_corner(20, 17, tile, seed) for seed in range(200)]
    assert random_corner(5, 5, tile, 1) == (0, 0)
