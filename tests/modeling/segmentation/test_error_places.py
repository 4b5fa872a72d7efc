"""Wrong pixels by place against SciPy's distances, counted pixel by pixel."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_cdt

from studio.modeling.segmentation.error_places import AT_BOUNDARY, AWAY, BAND_SHARE, INSIDE, error_places


@pytest.mark.parametrize("shape", [(60, 90), (200, 150), (7, 300), (20, 30, 40)])
def test_wrong_pixels_are_counted_by_their_distance_from_the_true_outline(shape: tuple[int, ...]) -> None:
    generator = np.random.default_rng(shape[0])
    true = np.zeros((2, *shape), bool)
    true[0][tuple(slice(side // 4, side // 2 + 1) for side in shape)] = True
    true[1] = generator.random(shape) < 0.01
    chosen = true ^ (generator.random(true.shape) < 0.3)
    reach = max(1, round(BAND_SHARE * math.hypot(*shape)))

    found = error_places(torch.from_numpy(chosen), torch.from_numpy(true)).numpy()

    for k in range(2):
        wrong = chosen[k] ^ true[k]
        to_other = np.where(
            true[k], distance_transform_cdt(true[k], "chessboard"), distance_transform_cdt(~true[k], "chessboard")
        )
        band = to_other <= reach
        assert found[k, AT_BOUNDARY] == (wrong & band).sum()
        assert found[k, INSIDE] == (wrong & ~band & true[k]).sum()
        assert found[k, AWAY] == (wrong & ~band & ~true[k]).sum()


def test_a_class_that_is_not_there_has_errors_away_only() -> None:
    chosen, true = torch.ones(1, 9, 9, dtype=torch.bool), torch.zeros(1, 9, 9, dtype=torch.bool)

    assert error_places(chosen, true).tolist() == [[0, 0, 81]]
