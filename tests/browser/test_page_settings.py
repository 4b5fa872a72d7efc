"""The settings of the detection page and the rest of classification, used by hand in a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

OWN = "- HorizontalFlip: {p: 0.5}\n- Affine: {rotate: [-20, 20], p: 1}"


@pytest.fixture(scope="module")
def boxes(server: Any) -> dict[str, Any]:
    """The example dataset of object detection, ready."""
    return server.example("image_object_detection")


def field(page: Page, key: str) -> Any:
    """The control of a setting."""
    return page.locator(f"#setting-{key.replace('.', '-')}")


def choose(page: Page, key: str, option: str) -> None:
    field(page, key).click()
    page.get_by_role("option", name=option, exact=True).click()


def fill(page: Page, **values: object) -> None:
    """`training__epochs=1` types 1 into that field."""
    for key, value in values.items():
        field(page, key.replace("__", ".")).fill(str(value))


def start(page: Page, server: Any, name: str) -> dict[str, Any]:
    """Start what the form says, and wait for its end."""
    fill(page, general__experiment_name=name)
    page.get_by_role("button", name="Start experiment").click()
    page.wait_for_url("**/charts", timeout=60_000)
    experiment = page.url.split("/experiments/")[1].split("/")[0]
    ended: dict[str, Any] = server.wait(
        f"/api/experiments/{experiment}", lambda one: one["state"] in ("finished", "failed", "lost"), seconds=400
    )
    assert ended["state"] == "finished", ended["runs"][0]["error"]
    return ended


def test_a_model_type_shows_its_own_settings(open_page: Callable[..., Any], boxes: dict[str, Any]) -> None:
    page = open_page(f"/experiments/new?dataset={boxes['id']}&level=master")
    expect(field(page, "architecture.anchor_scale")).to_be_visible()

    page.get_by_label("Model type").click()
    page.get_by_role("option", name="Fcos", exact=True).click()

    expect(field(page, "architecture.backbone")).to_be_visible()
    expect(field(page, "architecture.anchor_scale")).to_have_count(0)
    expect(field(page, "training.box_loss_weight")).to_have_count(0)
    field(page, "training.differential_learning_rate_layers").click()
    expect(page.get_by_role("option", name="regression_head")).to_be_visible()


def test_conditions_show_and_hide_settings_at_once(open_page: Callable[..., Any], boxes: dict[str, Any]) -> None:
    page = open_page(f"/experiments/new?dataset={boxes['id']}&level=master")
    field(page, "logging.logger").wait_for()

    expect(field(page, "logging.neptune_project")).to_have_count(0)
    choose(page, "logging.logger", "Neptune")
    expect(field(page, "logging.neptune_project")).to_be_visible()
    expect(field(page, "logging.neptune_api_token")).to_have_attribute("type", "password")

    expect(field(page, "augmentation.mix_probability")).to_have_count(0)
    choose(page, "augmentation.mix_image", "Cutmix")
    expect(field(page, "augmentation.mix_probability")).to_be_visible()

    choose(page, "dataset.test_dataframe", "None")
    expect(field(page, "dataset.data_folder_test")).to_have_count(0)
    choose(page, "dataset.test_dataframe", "test.parquet")
    expect(field(page, "dataset.data_folder_test")).to_be_visible()


def test_a_secret_is_not_kept_in_the_tab(open_page: Callable[..., Any], boxes: dict[str, Any]) -> None:
    page = open_page(f"/experiments/new?dataset={boxes['id']}&level=master")
    field(page, "logging.logger").wait_for()
    choose(page, "logging.logger", "Neptune")
    fill(page, logging__neptune_api_token="sentinel-token", logging__neptune_project="us/them")
    page.wait_for_function("() => JSON.stringify({...sessionStorage, ...localStorage}).includes('us/them')")

    kept = page.evaluate("() => JSON.stringify({...sessionStorage, ...localStorage})")

    assert "us/them" in kept
    assert "sentinel-token" not in kept
    expect(page.get_by_text("sentinel-token")).to_have_count(0)


def test_own_augmentations_are_tried_on_real_rows(open_page: Callable[..., Any], boxes: dict[str, Any]) -> None:
    page = open_page(f"/experiments/new?dataset={boxes['id']}&level=expert")
    field(page, "augmentation.augmentations_strategy").wait_for()
    choose(page, "augmentation.augmentations_strategy", "Custom")
    fill(page, image__image_width=96, image__image_height=96, augmentation__custom_train_augmentations=OWN)

    page.get_by_role("button", name="Preview on real rows").click()

    training = page.get_by_role("list", name="Training")
    expect(training.locator("img").first).to_be_visible(timeout=90_000)
    expect(training.locator("li")).to_have_count(8)
    expect(training.locator("svg rect").first).to_be_attached()
    expect(page.get_by_role("list", name="Validation and prediction").locator("li")).to_have_count(4)


def test_a_wrong_augmentation_is_told_at_its_field_and_starts_nothing(
    open_page: Callable[..., Any], boxes: dict[str, Any], server: Any
) -> None:
    before = server.call("GET", "/api/experiments")["total"]
    page = open_page(f"/experiments/new?dataset={boxes['id']}&level=expert")
    field(page, "augmentation.augmentations_strategy").wait_for()
    choose(page, "augmentation.augmentations_strategy", "Custom")
    fill(page, augmentation__custom_train_augmentations="- HorizontalFlp")

    page.get_by_role("button", name="Start experiment").click()

    expect(page.get_by_text("Did you mean HorizontalFlip").first).to_be_visible(timeout=30_000)
    assert server.call("GET", "/api/experiments")["total"] == before
    open_page.allowed.clear()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def detector(server: Any, boxes: dict[str, Any]) -> dict[str, Any]:
    """A finished detector of two epochs."""
    changes = {"image__image_width": 96, "image__image_height": 96, "training__epochs": 2}
    ended: dict[str, Any] = server.ended(server.experiment(boxes, "first-detector", **changes))
    assert ended["state"] == "finished", ended["runs"]
    return ended


def test_training_goes_on_from_another_experiments_weights(
    open_page: Callable[..., Any], server: Any, detector: dict[str, Any]
) -> None:
    page = open_page("/experiments/new?level=master")
    page.get_by_label("Problem category").click()
    page.get_by_role("option", name="From experiment").click()
    page.get_by_label("Experiment", exact=True).click()
    page.get_by_role("option", name="first-detector").click()
    expect(field(page, "training.epochs")).to_have_value("2")
    field(page, "general.use_previous_experiment_weights").check(force=True)
    expect(page.get_by_text("of the experiment first-detector")).to_be_visible(timeout=15_000)
    fill(page, training__epochs=1, training__warmup_epochs=0)

    ended = start(page, server, "second-detector")

    log = server.call("GET", f"/api/runs/{ended['runs'][0]['id']}/log?limit=500")["lines"]
    assert any("first-detector" in line["text"] or "weights" in line["text"].lower() for line in log)
    page.goto(f"{server.url}/experiments/{ended['id']}/summary")
    expect(page.get_by_role("heading", name="Where the time goes")).to_be_visible()
    expect(page.get_by_text("backward", exact=True)).to_be_visible()
    expect(page.get_by_text("Computes in")).to_be_visible()


def test_a_model_predicts_without_training(
    open_page: Callable[..., Any], server: Any, detector: dict[str, Any]
) -> None:
    page = open_page(f"/experiments/new?from={detector['id']}&level=master")
    field(page, "training.epochs").wait_for()
    field(page, "general.use_previous_experiment_weights").check(force=True)
    choose(page, "dataset.train_dataframe", "None")
    expect(field(page, "dataset.validation_strategy")).to_have_count(0)

    ended = start(page, server, "only-predicts")

    metrics = ended["runs"][0]["metrics"]
    assert metrics["test"]["mAP"] == pytest.approx(detector["runs"][0]["metrics"]["test"]["mAP"], abs=1e-6)
    assert metrics["train"] == {}
    page.goto(f"{server.url}/experiments/{ended['id']}/insights")
    expect(page.get_by_role("heading", name="Worst samples").first).to_be_visible(timeout=15_000)


def test_a_classifier_with_its_further_settings_explains_itself(
    open_page: Callable[..., Any], server: Any, shapes: dict[str, Any]
) -> None:
    page = open_page(f"/experiments/new?dataset={shapes['id']}&level=master")
    field(page, "training.epochs").wait_for()
    fill(page, image__image_width=64, image__image_height=64, training__epochs=1)
    choose(page, "augmentation.mix_image", "Cutmix")
    choose(page, "training.loss_function", "Focal")
    field(page, "prediction.test_time_augmentations").click()
    page.get_by_role("option", name="Horizontal flip").click()
    page.keyboard.press("Escape")

    ended = start(page, server, "explained")

    page.goto(f"{server.url}/experiments/{ended['id']}/insights/validation-worst")
    page.get_by_role("switch", name="Explanation: HiResCAM").check(force=True)
    heat = page.locator("ul[aria-label='Worst samples'] img[aria-hidden='true']").first
    expect(heat).to_be_visible(timeout=15_000)
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=heat.element_handle())

    page.goto(f"{server.url}/experiments/{ended['id']}/samples?sort=row")
    page.locator("[data-sample]").first.click()
    page.get_by_role("dialog").get_by_role("switch", name="Explanation: HiResCAM").check(force=True)
    shown = page.get_by_role("dialog").locator("img[aria-hidden='true']")
    expect(shown).to_be_visible(timeout=120_000)
