"""Volumes on their way into a model: resampling, augmentations that ride with the seed, normalization."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from studio.modeling.input_cache import InputCache
from studio.modeling.recipe import Media
from studio.modeling.sample_error import SampleError
from studio.modeling.volumes.normalization import VolumeNormalization
from studio.modeling.volumes.reader import read_volume, resampled
from studio.modeling.volumes.transforms import Strategy, augmented


def some_volume(shape: tuple[int, ...] = (8, 12, 10, 1)) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_shrinking_takes_means_and_growing_goes_between() -> None:
    grid = np.arange(64, dtype=np.float32).reshape(4, 4, 4, 1)

    smaller = resampled(grid, (2, 2, 2))
    larger = resampled(grid, (8, 4, 4))

    assert smaller[0, 0, 0, 0] == grid[:2, :2, :2].mean()
    assert (np.diff(larger[:, 0, 0, 0]) >= 0).all()
    assert resampled(grid, (4, 4, 4)) is grid
    assert resampled(some_volume(), (5, 20, 10)).dtype == np.uint8


@pytest.mark.parametrize("strategy", ["Soft", "Medium", "Hard"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_seed_alone_decides_what_an_augmentation_does(strategy: Strategy, dtype: Any) -> None:
    volume = some_volume().astype(dtype)
    before = volume.copy()

    once = [augmented(volume, strategy, seed) for seed in range(12)]
    again = [augmented(volume, strategy, seed) for seed in reversed(range(12))][::-1]

    assert all(np.array_equal(*pair) for pair in zip(once, again, strict=True))
    assert np.array_equal(volume, before)
    assert {(one.shape, one.dtype) for one in once} == {(volume.shape, volume.dtype)}
    assert len({one.tobytes() for one in once}) > 4


def test_soft_only_flips_and_along_every_axis() -> None:
    volume = some_volume()
    flips = {
        np.ascontiguousarray(np.flip(volume, axes)).tobytes()
        for axes in [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    }

    assert {augmented(volume, "Soft", seed).tobytes() for seed in range(60)} == flips


def test_medium_moves_and_cuts_holes_and_hard_also_varies_brightness() -> None:
    volume = np.full((16, 16, 16, 1), 100, np.float32)
    volume[:2, :2, :2] = 0

    medium = [augmented(volume, "Medium", seed) for seed in range(20)]
    hard = [augmented(volume, "Hard", seed) for seed in range(20)]

    assert all(one.max() <= 100.001 for one in medium)
    assert len({int((one < 50).sum()) for one in medium}) > 3
    assert any(one.max() > 105 for one in hard)


def test_normalizations() -> None:
    volumes = torch.tensor([0.0, 51.0, 255.0, 2550.0]).reshape(2, 1, 1, 1, 2)

    assert VolumeNormalization("No")(volumes).flatten().tolist() == [0.0, 51.0, 255.0, 2550.0]
    assert VolumeNormalization("Simple")(volumes).flatten().tolist() == pytest.approx([0, 0.2, 1, 10])
    assert VolumeNormalization("Min_Max")(volumes).flatten().tolist() == pytest.approx([0, 1, 0, 1])


def test_a_cached_volume_is_that_of_an_uncached_run(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    for name, volume in (("a.npy", some_volume()), ("b.npy", some_volume().astype(np.int16))):
        np.save(tmp_path / "media" / name, volume[..., 0])
        plain = read_volume(Media(tmp_path / "media"), name, 1, 1, (6, 6, 6))
        cache = InputCache(tmp_path / "cache", "dataset", 1 << 20)
        cached = [read_volume(Media(tmp_path / "media", cache=cache), name, 1, 1, (6, 6, 6)) for _ in range(2)]

        assert all(np.array_equal(plain, one) and plain.dtype == one.dtype for one in cached)
        assert cache.written == 1


def test_a_missing_or_damaged_file_is_told_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00")

    for name, code in (("none.npy", "file_missing"), ("a.npy", "file_damaged")):
        with pytest.raises(SampleError, match=f"Row 7: the volume '{name}'") as caught:
            read_volume(Media(tmp_path), name, 1, 7, (4, 4, 4))
        assert caught.value.code == code
