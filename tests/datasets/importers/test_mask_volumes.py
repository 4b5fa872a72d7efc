"""Folders of volumes and label maps become lists of run lengths, with the same voxels."""

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from studio.datasets.importers.mask_volumes import MASK_VOLUMES, read, recognise
from studio.datasets.importers.upload import Upload
from studio.datasets.masks.run_lengths import decode, from_text
from studio.importing.scan import scan_files
from studio.problems.registry import problem_types
from studio.settings.finding import FindingsError

SHAPE = (6, 9, 7)
AFFINE = np.diag([-1.0, -1.0, 3.0, 1.0])
LABELS = {"background": 0, "liver": 1, "tumour": 2}


def upload(folder: Path) -> Upload:
    paths = sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())
    return Upload(folder, tuple(paths), {})


def labels(seed: int, shape: tuple[int, ...] = SHAPE) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint8)


def save(path: Path, values_DHW: NDArray[np.generic], affine: NDArray[np.float64] = AFFINE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, values_DHW, allow_pickle=False)
    else:
        nibabel.save(nibabel.Nifti1Image(values_DHW.transpose(2, 1, 0), affine), path)


def scans(folder: Path, names: list[str], maps: list[str]) -> Path:
    for number, (name, mask) in enumerate(zip(names, maps, strict=True)):
        save(folder / name, np.random.default_rng(number).integers(-1000, 1000, SHAPE).astype(np.int16))
        save(folder / mask, labels(number))
    return folder


def nnunet(folder: Path, count: int = 3, names: dict[str, object] | None = None) -> Path:
    scans(
        folder,
        [f"imagesTr/case_{number}_0000.nii.gz" for number in range(count)],
        [f"labelsTr/case_{number}.nii.gz" for number in range(count)],
    )
    (folder / "dataset.json").write_text(json.dumps({"labels": names or LABELS, "channel_names": {"0": "CT"}}))
    return folder


def masks_of(row: dict[str, list[str]]) -> dict[str, NDArray[np.bool_]]:
    pairs = zip(row["class_id"], row["rle_mask"], strict=True)
    return {name: decode(from_text(text), *SHAPE) for name, text in pairs}


def test_an_nnunet_dataset_is_read_with_its_names_and_voxels(tmp_path: Path) -> None:
    folder = nnunet(tmp_path)
    save(folder / "imagesTs/case_9_0000.nii.gz", np.zeros(SHAPE, dtype=np.int16))
    save(folder / "._imagesTr/._case_0.nii.gz", labels(0))

    found = read(upload(folder))

    rows = found.tables["train"].to_pylist()
    assert found.tables["test"].to_pylist() == [{"image": "imagesTs/case_9_0000.nii.gz"}]
    assert [row["image"] for row in rows] == [f"imagesTr/case_{number}_0000.nii.gz" for number in range(3)]
    for number, row in enumerate(rows):
        masks = masks_of(row)
        assert set(masks) == {"liver", "tumour"}
        assert np.array_equal(masks["liver"], labels(number) == 1)
        assert np.array_equal(masks["tumour"], labels(number) == 2)
    assert found.findings == []


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        ({"0": "background", "1": "liver", "2": "tumour"}, {"liver": [1], "tumour": [2]}),
        ({"background": 0, "whole": [1, 2], "core": [2], "ignore": 3}, {"whole": [1, 2], "core": [2]}),
    ],
    ids=["Decathlon", "regions"],
)
def test_names_may_come_before_values_and_regions_may_overlap(
    names: dict[str, object], classes: dict[str, list[int]], tmp_path: Path
) -> None:
    rows = read(upload(nnunet(tmp_path, names=names))).tables["train"].to_pylist()

    for number, row in enumerate(rows):
        masks = masks_of(row)
        assert set(masks) == set(classes)
        for name, values in classes.items():
            assert np.array_equal(masks[name], np.isin(labels(number), values))


@pytest.mark.parametrize(
    ("names", "maps"),
    [
        (["scans/a.npy", "scans/b.npy"], ["masks/a.npy", "masks/b.npy"]),
        (["a.nii.gz", "b.nii"], ["a_seg.nii.gz", "b_seg.nii"]),
    ],
)
def test_other_layouts_are_paired_by_name_and_classes_are_numbers(
    names: list[str], maps: list[str], tmp_path: Path
) -> None:
    rows = read(upload(scans(tmp_path, names, maps))).tables["train"].to_pylist()

    assert [row["image"].rpartition("/")[2] for row in rows] == [name.rpartition("/")[2] for name in names]
    for number, row in enumerate(rows):
        assert np.array_equal(masks_of(row)["2"], labels(number) == 2)


def test_an_upload_is_recognised_as_volumes_and_only_offered_for_them(tmp_path: Path) -> None:
    scanned = scan_files(nnunet(tmp_path / "nnunet"), {})
    flat = scans(tmp_path / "flat", ["images/a.npy"], ["masks/a.npy"])
    for path in flat.rglob("*.npy"):
        np.save(path, labels(0, (9, 7)), allow_pickle=False)

    assert scanned.choices.problem_type == "image_3d_semantic_segmentation"
    assert scanned.choices.format == MASK_VOLUMES.id
    assert recognise(upload(flat)) is None
    assert MASK_VOLUMES not in problem_types()["image_semantic_segmentation"].dataset_formats
    assert [one.id for one in problem_types()["image_3d_semantic_segmentation"].dataset_formats] == [
        "table",
        MASK_VOLUMES.id,
    ]


def test_what_is_wrong_with_label_maps_is_all_said_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = nnunet(tmp_path, count=7)
    save(folder / "labelsTr/case_0.nii.gz", labels(0, (6, 9, 8)))
    save(folder / "labelsTr/case_1.nii.gz", labels(1), np.diag([1.0, -1.0, 3.0, 1.0]))
    save(folder / "labelsTr/case_2.nii.gz", np.full(SHAPE, 0.5, dtype=np.float32))
    save(folder / "labelsTr/case_3.nii.gz", np.full(SHAPE, 7, dtype=np.uint8))
    (folder / "labelsTr/case_4.nii.gz").unlink()
    save(folder / "labelsTr/lost.nii.gz", labels(0))
    (folder / "labelsTr/case_5.nii.gz").write_bytes(b"")
    save(folder / "imagesTr/case_6_0001.nii.gz", np.zeros(SHAPE, dtype=np.int16))

    found = read(upload(folder))

    said = {one.code: one for one in found.findings}
    assert set(said) == {
        "mask_size", "mask_orientation", "mask_values", "mask_unknown_value", "no_mask", "mask_without_picture",
        "volume_empty", "channel_files",
    }  # fmt: skip
    assert said["mask_size"].found == "6 x 9 x 8 for 6 x 9 x 7 voxels"
    assert said["mask_orientation"].found == "RPS for LPS"
    assert said["mask_values"].found == "values from 0.5 to 0.5"
    assert all(one.expected and one.fix for one in found.findings)
    assert [row["image"] for row in found.tables["train"].to_pylist()] == [
        "case_3_0000.nii.gz",
        "case_6_0000.nii.gz",
    ]


def test_an_upload_without_any_mask_is_refused(tmp_path: Path) -> None:
    folder = scans(tmp_path, ["images/a.npy"], ["masks/a.npy"])
    save(folder / "masks/a.npy", np.zeros(SHAPE, dtype=np.uint8))

    with pytest.raises(FindingsError) as error:
        read(upload(folder))

    assert [one.code for one in error.value.findings] == ["no_rows"]
