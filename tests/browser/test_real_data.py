"""The same road by hand with real datasets: a zip of each is uploaded, trained on, and its pipeline verified."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.shared
DATASETS = (
    "image_object_detection__bccd",
    "image_classification__clothing",
    "image_classification__tshirt_or_longsleeve",
    "image_classification__coco_contents",
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
    page.get_by_label("Dataset file").set_input_files(zipped(shared_data / name, tmp_path / f"{name}.zip"))
    page.get_by_role("button", name="Continue to columns").click(timeout=60_000)
    page.get_by_label("Name of the dataset").fill(name)
    page.get_by_role("button", name="Import dataset").click()
    page.wait_for_url("**/datasets/data-**", timeout=60_000)
    dataset = page.url.split("/datasets/")[1].split("/")[0]
    ready = server.wait(f"/api/datasets/{dataset}", lambda one: one["state"] == "ready")
    assert ready["problem_type"] == name.split("__")[0]

    page.goto(f"{server.url}/experiments/new?dataset={dataset}")
    for label, value in (("Epochs", "2"), ("Image width", "96"), ("Image height", "96")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Start experiment").click()
    page.wait_for_url("**/charts", timeout=30_000)
    experiment = page.url.split("/experiments/")[1].split("/")[0]
    ended = server.wait(
        f"/api/experiments/{experiment}", lambda one: one["state"] in ("finished", "failed", "lost"), seconds=300
    )
    assert ended["state"] == "finished", ended["runs"][0]["error"]
    expect(page.get_by_role("figure", name="Loss")).to_be_visible()

    page.goto(f"{server.url}/experiments/{experiment}/insights")
    expect(page.get_by_role("heading", name="Worst samples").first).to_be_visible()
    page.goto(f"{server.url}/predictions/new?experiment={experiment}")
    image = next((shared_data / name / "images").iterdir())
    with page.expect_response(lambda answer: "/answer?" in answer.url, timeout=60_000) as answered:
        page.locator("input[type=file]").first.set_input_files(image)
    assert answered.value.ok

    page.goto(f"{server.url}/experiments/{experiment}/files")
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="Download pipeline").first.click()
    download.value.save_as(tmp_path / "pipeline.zip")
    with zipfile.ZipFile(tmp_path / "pipeline.zip") as archive:
        archive.extractall(tmp_path / "pipeline")
    command = [sys.executable, "score.py", "verify"]
    done = subprocess.run(command, cwd=tmp_path / "pipeline", capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
