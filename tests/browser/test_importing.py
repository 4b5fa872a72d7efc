"""The import wizard: data formats with reasons, boxes before the import, a dataset without a training table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from studio.commands.datasets import zip_folder


@pytest.fixture(scope="module")
def coco(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images with boxes as COCO, and one crowd region to be noted."""
    folder = tmp_path_factory.mktemp("coco") / "street"
    (folder / "images").mkdir(parents=True)
    generator = np.random.default_rng(0)
    document: dict[str, list[Any]] = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "car"}]}
    for number in range(6):
        pixels = generator.integers(0, 90, (90, 120, 3), dtype=np.uint8)
        pixels[20:60, 30:80] = (230, 170, 60)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        document["images"].append({"id": number, "file_name": f"{number}.png", "width": 120, "height": 90})
        box = {"id": number, "image_id": number, "category_id": 1, "bbox": [30, 20, 50, 40], "iscrowd": 0}
        document["annotations"].append(box)
    document["annotations"].append({**document["annotations"][0], "id": 99, "iscrowd": 1})
    (folder / "train.json").write_text(json.dumps(document))
    return zip_of(folder)


@pytest.fixture(scope="module")
def new_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images named by a table without labels."""
    folder = tmp_path_factory.mktemp("new") / "new"
    (folder / "images").mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (60, 40), (60 * number, 90, 120)).save(folder / "images" / f"{number}.png")
    (folder / "new.csv").write_text("image\n" + "".join(f"{number}.png\n" for number in range(4)))
    return zip_of(folder)


def zip_of(folder: Path) -> Path:
    archive = folder.with_suffix(".zip")
    zip_folder(folder, archive)
    return archive


def upload(page: Any, file: Path) -> None:
    page.get_by_label("Dataset file").set_input_files(file)
    page.get_by_role("button", name="Continue to columns").wait_for(timeout=60_000)


def choose(page: Any, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).click()


def test_a_format_is_recognised_with_reasons_and_its_boxes_are_shown(
    open_page: Callable[..., Any], server: Any, coco: Path
) -> None:
    page = open_page("/datasets/import")

    upload(page, coco)

    expect(page.get_by_label("Data format", exact=True).first).to_have_value("COCO (recognised)")
    expect(page.get_by_text("COCO: train.json: JSON with images, annotations")).to_be_visible()
    expect(page.get_by_text("crowd regions are not single objects")).to_be_visible()
    expect(page.locator("svg rect").first).to_be_attached()
    page.get_by_role("button", name="Continue to columns").click()
    expect(page.get_by_label("Class name column")).to_have_value("class_id")
    page.get_by_label("Name of the dataset").fill("street")
    page.get_by_role("button", name="Import dataset").click()
    page.wait_for_url("**/datasets/data-**", timeout=60_000)
    dataset = page.url.split("/datasets/")[1].split("/")[0]
    ready = server.wait(f"/api/datasets/{dataset}", lambda one: one["state"] == "ready")
    assert [(table["role"], table["rows"]) for table in ready["tables"]] == [("train", 6)]


def test_a_format_that_does_not_fit_is_said_and_can_be_taken_back(open_page: Callable[..., Any], coco: Path) -> None:
    page = open_page("/datasets/import")
    upload(page, coco)

    choose(page, "Data format", "YOLO")
    expect(page.get_by_text("There is no label file in the upload.")).to_be_visible(timeout=20_000)
    choose(page, "Data format", "COCO")

    expect(page.get_by_role("button", name="Continue to columns")).to_be_enabled(timeout=20_000)
    expect(page.get_by_label("Data format", exact=True).first).to_have_value("COCO (recognised)")


def test_a_table_without_labels_is_imported_without_a_training_table(
    open_page: Callable[..., Any], server: Any, new_images: Path
) -> None:
    page = open_page("/datasets/import")
    upload(page, new_images)

    choose(page, "Problem type", "Image classification")
    expect(page.get_by_role("button", name="Continue to columns")).to_be_enabled(timeout=20_000)
    page.get_by_role("button", name="Continue to columns").click()

    expect(page.get_by_label("Training table", exact=True).first).to_have_value("None")
    expect(page.get_by_label("Test table", exact=True).first).to_have_value("new.csv")
    expect(page.get_by_text("Without a training table, the dataset can only be used for predictions")).to_be_visible()
    page.get_by_label("Name of the dataset").fill("only new")
    page.get_by_role("button", name="Import dataset").click()
    page.wait_for_url("**/datasets/data-**", timeout=60_000)
    dataset = page.url.split("/datasets/")[1].split("/")[0]
    server.wait(f"/api/datasets/{dataset}", lambda one: one["state"] == "ready")
    for tab, words in (("overview", "new.csv"), ("samples", "0.png"), ("statistics", "3 channels: 4 images")):
        page.goto(f"{server.url}/datasets/{dataset}/{tab}")
        expect(page.get_by_text(words).first).to_be_visible(timeout=10_000)


def test_a_refused_import_lists_every_finding(open_page: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "refused"
    (folder / "images").mkdir(parents=True)
    rows = [f"glass_{number}.png,glass\nnot_here_{number}.png,tin\n" for number in range(5)]
    for number in range(5):
        Image.new("RGB", (40, 40), (40 * number, 90, 120)).save(folder / "images" / f"glass_{number}.png")
    (folder / "train.csv").write_text("image,label\n" + "".join(rows))
    page = open_page("/datasets/import")
    upload(page, zip_of(folder))
    page.get_by_role("button", name="Continue to columns").click()
    page.get_by_label("Name of the dataset").fill("refused")

    page.get_by_role("button", name="Import dataset").click()

    expect(page.get_by_role("alert")).to_contain_text("This dataset could not be imported.", timeout=60_000)
    expect(page.get_by_role("alert")).to_contain_text("1 error, 2 warnings. Fix the errors")
    findings = page.locator("li[data-level]")
    expect(findings).to_have_count(3)
    # The cause stands first: without these files one class is left.
    expect(findings.first).to_contain_text("not_here_0.png")
    refused = page.locator("li[data-level=error]")
    expect(refused).to_contain_text("The column 'label' holds 1 class.")
    expect(refused).to_contain_text("at least 2 classes")
    open_page.allowed.clear()  # type: ignore[attr-defined]  # previews of the files that are not there


def test_what_will_be_left_out_is_shown_before_the_import_with_its_rows_and_pictures(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "spoilt"
    (folder / "images").mkdir(parents=True)
    names = [f"{label}_{number}.png" for label in ("glass", "tin") for number in range(4)]
    for number, name in enumerate(names):
        Image.new("RGB", (40, 40), (30 * number, 90, 120)).save(folder / "images" / name)
    (folder / "images" / "glass_1.png").write_bytes((folder / "images" / "glass_1.png").read_bytes()[:60])
    rows = [f"{name},{name.split('_')[0]}\n" for name in names] + ["gone.png,tin\n", "tin_2.png,\n"]
    (folder / "train.csv").write_text("image,label\n" + "".join(rows))
    page = open_page("/datasets/import")

    upload(page, zip_of(folder))

    findings = page.get_by_role("region", name="Findings").or_(page.locator("section").filter(has_text="Findings")).last
    expect(findings).to_contain_text("10 rows imported, 7 kept, 3 dropped.", timeout=60_000)
    expect(findings).to_contain_text("every row checked")
    for message, row in (("does not exist", "Row 9"), ("truncated", "Row 2"), ("without a label", "Row 10")):
        finding = findings.locator("li[data-level=warning]").filter(has_text=message)
        finding.get_by_text("Show the row").click()
        expect(finding).to_contain_text(row)
    expect(
        findings.locator("li[data-level=warning]").filter(has_text="without a label").get_by_role("img")
    ).to_be_visible()
    open_page.allowed.clear()  # type: ignore[attr-defined]  # of the file that is not there, there is no picture
