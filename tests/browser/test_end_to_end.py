"""The road, by hand: upload a zip, check it, choose columns, start, watch, look at boxes, predict, download, run."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from studio.problems.registry import problem_type
from tests.browser.journey import finish_import, train_by_hand, verified_pipeline


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Example data for detection as the zip a user would bring."""
    folder = tmp_path_factory.mktemp("road")
    problem_type("image_object_detection").make_example(folder / "boxes")
    with zipfile.ZipFile(folder / "boxes.zip", "w") as archive:
        for path in sorted((folder / "boxes").rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return folder / "boxes.zip"


def test_from_an_uploaded_zip_to_a_pipeline_that_verifies(
    open_page: Callable[..., Any], server: Any, upload: Path, tmp_path: Path
) -> None:
    page = open_page("/datasets/import")
    page.get_by_label("Dataset file").set_input_files(upload)
    page.get_by_role("button", name="Continue to columns").click(timeout=60_000)
    expect(page.get_by_label("X min column")).to_have_value("x_min")
    dataset = finish_import(page, server, "road boxes")

    small = {"Epochs": "2", "Image width": "128", "Image height": "128", "Experiment name": "road"}
    experiment = train_by_hand(page, server, f"/experiments/new?dataset={dataset['id']}", small)["id"]

    expect(page.get_by_text("Finished").first).to_be_visible(timeout=10_000)
    page.get_by_role("link", name="Insights").or_(page.get_by_role("tab", name="Insights")).first.click()
    expect(page.get_by_role("heading", name="Worst samples").first).to_be_visible()
    expect(page.locator("svg rect").first).to_be_attached()

    page.goto(f"{server.url}/predictions/new?experiment={experiment}")
    page.get_by_text("A file", exact=True).click()
    page.get_by_label("File to predict on").set_input_files(upload)
    page.wait_for_url("**/predictions/*", timeout=60_000)
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=120_000)

    assert "within" in verified_pipeline(page, server, experiment, tmp_path)


def test_a_wrong_file_says_what_to_do_and_nothing_is_lost(open_page: Callable[..., Any], tmp_path: Path) -> None:
    wrong = tmp_path / "login.zip"
    wrong.write_text("<!DOCTYPE html><html>please log in</html>")
    page = open_page("/datasets/import")

    page.get_by_label("Dataset file").set_input_files(wrong)

    expect(page.get_by_text("is not a zip file").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("web page").first).to_be_visible()
    page.get_by_role("button", name="Choose another source").click()
    expect(page.get_by_label("Dataset file")).to_be_attached()


def test_settings_in_yaml_come_back_as_they_were(
    open_page: Callable[..., Any], server: Any, shapes: dict[str, Any], tmp_path: Path
) -> None:
    answer = server.call(
        "POST",
        "/api/settings/yaml",
        {
            "problem_type": "image_classification",
            "model_type": None,
            "settings": server.settings(shapes, training__epochs=17),
            "grid": {},
        },
    )
    path = tmp_path / "settings.yaml"
    path.write_text(answer["yaml"])
    page = open_page(f"/experiments/new?dataset={shapes['id']}")
    page.get_by_label("Epochs", exact=True).wait_for()

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load YAML").click()
    chooser.value.set_files(path)

    expect(page.get_by_label("Epochs", exact=True)).to_have_value("17", timeout=10_000)
