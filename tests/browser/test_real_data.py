"""The same road by hand with real datasets: a zip of each is uploaded, trained on, and its pipeline verified.

One of them with every change; the classification of images, which the other journeys train, is left to `make figures`.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.journey import import_by_hand, train_by_hand, verified_pipeline

pytestmark = pytest.mark.shared
DATASETS = (
    "image_object_detection__bccd",
    pytest.param("image_classification__clothing", marks=pytest.mark.figures),
    pytest.param("image_classification__tshirt_or_longsleeve", marks=pytest.mark.figures),
    pytest.param("image_classification__coco_contents", marks=pytest.mark.figures),
)


def zipped(source: Path, target: Path) -> Path:
    """A dataset's folder as the zip a user would bring."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(source.parent))
    return target


@pytest.mark.parametrize("name", DATASETS)
def test_a_real_dataset_goes_the_whole_road(
    name: str, open_page: Callable[..., Any], server: Any, shared_data: Path, tmp_path: Path
) -> None:
    page = open_page("/datasets/import")
    dataset = import_by_hand(page, server, zipped(shared_data / name, tmp_path / f"{name}.zip"), name)
    assert dataset["problem_type"] == name.split("__")[0]

    small = {"Epochs": "2", "Image width": "96", "Image height": "96"}
    experiment = train_by_hand(page, server, f"/experiments/new?dataset={dataset['id']}", small)["id"]
    expect(page.get_by_role("figure", name="Loss")).to_be_visible()

    page.goto(f"{server.url}/experiments/{experiment}/insights")
    expect(page.get_by_role("heading", name="Worst samples").first).to_be_visible()
    page.goto(f"{server.url}/predictions/new?experiment={experiment}")
    image = next((shared_data / name / "images").iterdir())
    with page.expect_response(lambda answer: "/answer?" in answer.url, timeout=60_000) as answered:
        page.locator("input[type=file]").first.set_input_files(image)
    assert answered.value.ok

    verified_pipeline(page, server, experiment, tmp_path)
