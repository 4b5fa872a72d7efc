"""A common voxel spacing: scans become alike, and predicted masks come back in the voxels of the file."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pandas as pd
import pytest
import torch

from studio.datasets.masks.run_lengths import encode, to_text
from studio.modeling.recipe import Media, SampleIndex
from studio.modeling.sample_error import SampleError
from studio.settings.choices import ChoiceContext
from studio.settings.finding import FindingLevel
from studio.settings.sections.inputs.volume import SPACING_FACT
from tests.problems.image_3d_semantic_segmentation.test_effects import SETTINGS, Brightness, recipe

SIZE_MM = (40, 60, 50)
"""(depth, height, width) of every scanned body."""
CENTRE_MM, RADIUS_MM = (18.0, 36.0, 22.0), 12.0
SPACINGS = ((1.0, 1.0, 1.0), (4.0, 0.8, 0.8), (2.0, 1.5, 1.25))
COMMON: dict[str, Any] = {
    "image.tiling": "Automatic",
    "image.voxel_spacing": "Common",
    "image.spacing_depth": 2.0,
    "image.spacing_height": 1.0,
    "image.spacing_width": 1.0,
    "training.batch_size": 4,
}
BALL_VOXELS = 4 / 3 * np.pi * RADIUS_MM**3 / 2
"""At 2 x 1 x 1 mm."""


def scan(path: Path, spacing: tuple[float, ...]) -> str:
    """Write the same ball as a NIfTI file of this spacing; gives the run lengths of its mask."""
    shape = [round(side / step) for side, step in zip(SIZE_MM, spacing, strict=True)]
    axes = [(np.arange(side) + 0.5) * step for side, step in zip(shape, spacing, strict=True)]
    places = np.meshgrid(*axes, indexing="ij")
    away = sum((axis - centre) ** 2 for axis, centre in zip(places, CENTRE_MM, strict=True))
    ball = np.asarray(away) < RADIUS_MM**2
    affine = np.diag([*spacing[::-1], 1.0])
    nibabel.save(nibabel.Nifti1Image((ball * np.uint8(150)).T, affine), path)
    return to_text(encode(ball))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scans")


@pytest.fixture(scope="module")
def table(folder: Path) -> pd.DataFrame:
    names = [f"{number}.nii.gz" for number in range(len(SPACINGS))]
    texts = [scan(folder / name, spacing) for name, spacing in zip(names, SPACINGS, strict=True)]
    rows = zip(names, texts, strict=True)
    return pd.DataFrame([{"image": name, "class_id": ["cat"], "rle_mask": [text]} for name, text in rows])


class BallOnly(Brightness):
    """Finds the ball by its brightness."""

    def forward(self, volumes: torch.Tensor, ranges: torch.Tensor) -> torch.Tensor:
        return super().forward(volumes, ranges)[:, :1]


def test_a_structure_has_as_many_voxels_in_every_scan(table: pd.DataFrame, folder: Path) -> None:
    whole = {"image.image_depth": 24, "image.image_height": 64, "image.image_width": 52}
    samples = recipe(table, COMMON | whole).samples(table, Media(folder), training=False)

    items = [samples[SampleIndex(row)] for row in range(len(table))]

    assert {item.whole for item in items} == {(20, 60, 50)}
    for item in items:
        assert item.volumes_TDHWC.shape == (1, 24, 64, 52, 1)
        inside = slice(0, 20), slice(0, 60), slice(0, 50)
        assert np.count_nonzero(item.volumes_TDHWC[0][inside] > 75) == pytest.approx(BALL_VOXELS, rel=0.08)
        assert item.masks_TKDHW[0, 0][inside].sum() == pytest.approx(BALL_VOXELS, rel=0.08)


@pytest.mark.parametrize("sides", [(16, 24, 20), (40, 80, 60)], ids=["pieces", "smaller than the input"])
def test_predicted_masks_come_back_in_the_voxels_of_the_file(
    sides: tuple[int, ...], table: pd.DataFrame, folder: Path
) -> None:
    shape = dict(zip(("image.image_depth", "image.image_height", "image.image_width"), sides, strict=True))
    one = recipe(table, COMMON | shape)
    samples = one.samples(table, Media(folder), training=False)
    batch = one.collate([samples[SampleIndex(row)] for row in range(len(table))])

    scored = one.score(BallOnly(), batch)

    for raw, spacing in zip(scored.raw, SPACINGS, strict=True):
        assert raw["size"].tolist() == [round(side / step) for side, step in zip(SIZE_MM, spacing, strict=True)]
        sums = one.task.accumulator(table)
        assert sums is not None
        sums.add([0], [raw])
        assert sums.metrics()["IoU"] > 0.85


def test_training_patches_lie_around_structures_where_they_are_after_resampling(
    table: pd.DataFrame, folder: Path
) -> None:
    small = {"image.image_depth": 8, "image.image_height": 12, "image.image_width": 12}
    samples = recipe(table, COMMON | small).samples(table, Media(folder), training=True)

    items = [samples[SampleIndex(1, seed)] for seed in range(60)]

    for item in items:
        bright, masked = item.volumes_TDHWC[0, ..., 0] > 75, item.masks_TKDHW[0, 0] > 0
        assert (bright == masked).mean() > 0.8
    assert np.mean([item.masks_TKDHW.any() for item in items]) > 0.3


def test_a_file_without_a_spacing_stays_as_it_is(tmp_path: Path) -> None:
    np.save(tmp_path / "0.npy", np.zeros((18, 30, 26), np.uint8))
    table = pd.DataFrame({"image": ["0.npy"], "class_id": [["cat"]], "rle_mask": [["1 4"]]})

    item = recipe(table, COMMON).samples(table, Media(tmp_path), training=False)[SampleIndex(0)]

    assert item.whole == (18, 30, 26)


def test_a_spacing_that_makes_a_volume_too_large_is_refused_with_its_row(table: pd.DataFrame, folder: Path) -> None:
    fine = {f"image.spacing_{axis}": 0.01 for axis in ("depth", "height", "width")}
    samples = recipe(table, COMMON | fine).samples(table, Media(folder), training=False)

    with pytest.raises(SampleError, match=r"Row 1: .*At a spacing of 0.01 x 0.01 x 0.01 mm .* voxels") as caught:
        samples[SampleIndex(0)]

    assert caught.value.file == "0.nii.gz"


def test_a_common_spacing_is_shown_with_tiles_and_warns_where_no_file_gives_one() -> None:
    def warnings(spacing: list[float]) -> list[FindingLevel]:
        context = ChoiceContext(facts={SPACING_FACT: spacing})
        found = SETTINGS.from_mapping(COMMON).contradictions(context)
        return [one.level for one in found if one.path == "image.voxel_spacing"]

    assert "image.spacing_depth" in SETTINGS.from_mapping(COMMON).visible()
    assert "image.spacing_depth" not in SETTINGS.from_mapping(COMMON | {"image.tiling": "Off"}).visible()
    assert warnings([]) == [FindingLevel.WARNING]
    assert warnings([1.0, 1.0, 1.0]) == []
