"""Masks over samples: of a dataset, of a finished run, and of a new image that is answered at once."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import AXE, settle, violations
from tests.browser.conftest import Server
from tests.browser.screenshots import keep

expect = pytest.importorskip("playwright.sync_api").expect
KIND = "image_semantic_segmentation"
SMALL = {
    "architecture__backbone": "tf_efficientnet_lite0",
    "image__image_width": 64,
    "image__image_height": 64,
    "training__epochs": 2,
    "training__batch_size": 4,
    "training__build_scoring_pipelines": False,
}


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Any]:
    """A finished experiment on the example."""
    return server.finished_example(KIND, "masks", **SMALL)


def test_masks_of_a_run_are_compared_with_the_truth(open_page: Callable[..., Any], finished: dict[str, Any]) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples")
    card = page.locator("[data-sample]").filter(has=page.locator("[data-mask]")).first
    card.wait_for()

    expect(card).to_contain_text("IoU")
    expect(card.locator("[data-mask] path[fill-opacity], [data-mask] path[stroke-width]").first).to_be_attached()
    page.get_by_role("switch", name="Prediction").first.click()
    expect(page.locator("[data-mask] path[fill-opacity]").first).to_be_attached()
    page.get_by_role("switch", name="Prediction").first.click()
    card.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("columnheader")).to_have_text(["Class", "Truth", "Prediction", "IoU"])
    shown = dialog.locator("[data-mask]")
    expect(shown.first).to_be_attached()
    page.keyboard.press("m")
    expect(shown).to_have_count(0)


def test_classes_of_a_dataset_are_switched_and_covered_as_strongly_as_wished(
    open_page: Callable[..., Any], finished: dict[str, Any]
) -> None:
    page = open_page(f"/datasets/{finished['dataset']['id']}/samples")
    page.locator("[data-mask=disc]").first.wait_for(state="attached")
    filled = page.locator("[data-mask=disc] path[fill-opacity]").first
    before = float(filled.get_attribute("fill-opacity"))

    page.get_by_role("slider", name="Opacity").first.press("ArrowRight")

    expect(filled).to_have_attribute("fill-opacity", f"{before + 0.05:g}")
    page.get_by_role("group", name="Classes").get_by_role("button", name="disc").click()
    expect(page.locator("[data-mask=disc]")).to_have_count(0)
    expect(page.locator("[data-mask=square]").first).to_be_attached()


def test_a_new_image_is_answered_with_masks(
    open_page: Callable[..., Any], finished: dict[str, Any], server: Server
) -> None:
    picture = next((server.home / "datasets").glob(f"{finished['dataset']['id']}*/media/images/test_003.png"))
    page = open_page(f"/predictions/new?experiment={finished['id']}")
    page.locator("input[type=file]").set_input_files(picture)

    answer = page.get_by_role("region", name="Result")

    expect(answer.locator("img").first).to_be_visible(timeout=60_000)
    expect(answer.get_by_role("columnheader").first).to_have_text("Class")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_masks_are_accessible_and_fit_a_narrow_screen(
    scheme: Any, open_page: Callable[..., Any], finished: dict[str, Any]
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci")
    page = open_page(f"/experiments/{finished['id']}/samples", width=320, color_scheme=scheme)
    page.locator("[data-sample]").first.wait_for()
    settle(page)

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    keep(page, f"samples-{scheme}")
    page.locator("[data-sample]").first.click()
    page.get_by_role("dialog").wait_for()
    settle(page)
    keep(page, f"viewer-{scheme}")
    assert violations(page) == []
    page.goto(page.url.split("/samples")[0] + "/insights")
    page.get_by_text("IoU and Dice per class").first.wait_for()
    keep(page, f"insights-{scheme}")
