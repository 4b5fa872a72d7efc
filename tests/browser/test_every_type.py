"""By hand, for every problem type that no other journey takes: from the zip of its example to a pipeline that verifies.

Left to `make figures`: what the pages do for all types alike is held by shorter journeys.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from studio.commands.datasets import zip_folder
from studio.problems.registry import problem_type
from tests.browser.conftest import Server
from tests.browser.journey import import_by_hand, train_by_hand, verified_pipeline

pytestmark = [pytest.mark.figures, pytest.mark.timeout(1200)]
PACKAGED = {"Backbone": "tf_efficientnet_lite0"}
FLAT = {"Image width": "64", "Image height": "64"}
DEEP = {"Image width": "16", "Image height": "16", "Image depth": "16"}
JOURNEYS: dict[str, dict[str, str]] = {
    "image_regression": {**PACKAGED, **FLAT},
    "image_metric_learning": {**PACKAGED, **FLAT},
    "image_semantic_segmentation": {**PACKAGED, **FLAT},
    "image_instance_segmentation": {**PACKAGED, **FLAT},
    "image_instance_segmentation mask_rcnn": {**PACKAGED, **FLAT},
    "image_3d_classification": DEEP,
    "image_3d_regression": DEEP,
    "audio_classification": PACKAGED,
    "audio_regression": PACKAGED,
    "speech_recognition": {"Backbone": "scratch/whisper-mini"},
    "speech_recognition wav2vec2": {"Backbone": "scratch/wav2vec2-mini"},
    "image_text_classification": {"Image backbone": "tf_efficientnet_lite0", "Text backbone": "scratch/bert-mini"},
}
"""Problem type, with its model type where it is not the first, and what is small in its form."""


@pytest.mark.parametrize("journey", JOURNEYS)
def test_from_an_uploaded_zip_to_a_pipeline_that_verifies(
    journey: str, open_page: Callable[..., Any], server: Server, tmp_path: Path
) -> None:
    kind, _, model = journey.partition(" ")
    problem_type(kind).make_example(tmp_path / "example")
    upload = tmp_path / "example.zip"
    zip_folder(tmp_path / "example", upload)
    page = open_page("/datasets/import")
    dataset = import_by_hand(page, server, upload, journey, problem_type(kind).title)
    assert dataset["problem_type"] == kind

    address = f"/experiments/new?dataset={dataset['id']}" + (f"&model={model}" if model else "")
    experiment = train_by_hand(page, server, address, {"Epochs": "1", **JOURNEYS[journey]})
    assert experiment["model_type"] == (model or problem_type(kind).model_types[0].id)

    page.goto(f"{server.url}/experiments/{experiment['id']}/insights")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    page.goto(f"{server.url}/experiments/{experiment['id']}/samples")
    expect(page.locator("[data-sample]").first).to_be_visible()

    page.goto(f"{server.url}/predictions/new?experiment={experiment['id']}")
    page.get_by_text("A file", exact=True).click()
    page.get_by_label("File to predict on").set_input_files(upload)
    page.wait_for_url("**/predictions/*", timeout=60_000)
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=120_000)

    assert "within" in verified_pipeline(page, server, experiment["id"], tmp_path)
