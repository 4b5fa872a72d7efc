"""One dataset of blood cells in five formats: each import gives the identical dataset."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from studio.datasets.dataset import Dataset
from studio.datasets.labels.label_part import LabelPart

BCCD = "image_object_detection__bccd"
SPLITS = ("train", "test")
BOXES = ["class_id", "x_min", "y_min", "x_max", "y_max"]


@pytest.fixture
def lists(shared_data: Path, tmp_path: Path, import_files: Any) -> Dataset:
    source = linked(shared_data, tmp_path / "lists")
    for split in SPLITS:
        shutil.copy(shared_data / BCCD / f"{split}.parquet", source)
    return import_files(source, name="lists")


def linked(shared_data: Path, source: Path) -> Path:
    source.mkdir()
    shutil.copytree(shared_data / BCCD / "images", source / "images")
    return source


def make_coco(data: Path, source: Path) -> None:
    for split in SPLITS:
        shutil.copy(data / f"{split}_coco.json", source)


def make_yolo(data: Path, source: Path) -> None:
    shutil.copytree(data / "yolo", source / "yolo")


def make_voc(data: Path, source: Path) -> None:
    shutil.copytree(data / "voc_annotations", source / "Annotations")
    (source / "ImageSets" / "Main").mkdir(parents=True)
    for split in SPLITS:
        names = pd.read_parquet(data / f"{split}.parquet")["image"]
        text = "\n".join(Path(name).stem for name in names)
        (source / "ImageSets" / "Main" / f"{split}.txt").write_text(text)


def make_boxes(data: Path, source: Path) -> None:
    for split in SPLITS:
        shutil.copy(data / f"{split}_individual_boxes.csv", source)


def rows(data: Dataset, split: str, names: dict[str, str]) -> pd.DataFrame:
    table = data.manifest.table_of_role(split)
    assert table is not None
    frame = data.table(table.name).rename(columns=names)
    return frame.assign(**{column: frame[column].map(list) for column in BOXES})


@pytest.mark.shared
@pytest.mark.parametrize(
    ("format", "make"), [("coco", make_coco), ("yolo", make_yolo), ("pascal_voc", make_voc), ("boxes", make_boxes)]
)
def test_every_format_gives_the_identical_dataset(
    format: str, make: Any, lists: Dataset, shared_data: Path, tmp_path: Path, scan_files: Any, import_files: Any
) -> None:
    source = linked(shared_data, tmp_path / format)
    make(shared_data / BCCD, source)

    found = scan_files(source, name=format)
    data = import_files(source, name=format)

    assert (found.choices.problem_type, found.choices.format) == ("image_object_detection", format)
    assert data.manifest.media_folder == lists.manifest.media_folder == "images"
    assert data.profile().part(LabelPart).names == lists.profile().part(LabelPart).names == ("Platelets", "RBC", "WBC")
    renamed = {str(data.manifest.roles["class_name_column"]): "class_id"}
    for split in SPLITS:
        pd.testing.assert_frame_equal(rows(data, split, renamed), rows(lists, split, {}), check_names=False)
    assert data.profile().facts == lists.profile().facts
    if not renamed.get("class_name"):
        assert data.manifest.fingerprint == lists.manifest.fingerprint


@pytest.mark.shared
def test_boxes_without_area_are_dropped_with_a_warning(shared_data: Path, tmp_path: Path, import_files: Any) -> None:
    source = linked(shared_data, tmp_path / "voc")
    make_voc(shared_data / BCCD, source)

    findings = {finding.code: finding for finding in import_files(source).findings()}

    assert findings["box_empty"].level == "warning"
    assert findings["box_empty"].count >= 1
