"""Instances over samples: of a dataset, of a finished run, and of a new image that is answered at once."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import AXE, settle, violations
from tests.browser.conftest import Server
from tests.browser.screenshots import keep

expect = pytest.importorskip("playwright.sync_api").expect
KIND = "image_instance_segmentation"
SMALL = {
    "architecture__backbone": "tf_efficientnet_lite0",
    "image__image_width": 96,
    "image__image_height": 96,
    "training__epochs": 8,
    "training__batch_size": 4,
    "training__evaluation_epochs": 8,
    "training__build_scoring_pipelines": False,
    "environment__seed": 1,
}


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Any]:
    """A finished experiment on the example."""
    return server.finished_example(KIND, "instances", **SMALL)


def test_instances_of_a_run_are_compared_with_the_truth(
    open_page: Callable[..., Any], finished: dict[str, Any]
) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples")
    card = page.locator("[data-sample]").filter(has=page.locator("[data-instance]")).first
    card.wait_for()

    expect(card).to_contain_text("predicted")
    page.get_by_role("radiogroup", name="Colour by").first.get_by_text("Match").click()
    expect(page.locator("[data-instance][style*='--f']").first).to_be_attached()
    card.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Truth")).to_be_visible()
    shown = dialog.locator("[data-instance]")
    shown.first.hover(force=True)
    expect(dialog.locator("[data-instance-label]")).to_contain_text("%")


def test_instances_of_a_dataset_are_told_apart_or_coloured_by_class(
    open_page: Callable[..., Any], finished: dict[str, Any]
) -> None:
    page = open_page(f"/datasets/{finished['dataset']['id']}/samples")
    shown = page.locator("[data-instance]")
    shown.first.wait_for(state="attached")
    colours = "els => new Set(els.map(el => el.style.fill)).size"

    assert shown.evaluate_all(colours) == 4
    page.get_by_role("radiogroup", name="Colour by").first.get_by_text("Class").click()
    expect(page.locator("[data-instance][style*='--series']").first).to_be_attached()
    assert shown.evaluate_all(colours) == 2


def test_the_confidence_leaves_instances_out(open_page: Callable[..., Any], finished: dict[str, Any]) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples")
    shown = page.locator("[data-instance]")
    shown.first.wait_for(state="attached")

    page.get_by_role("slider", name="Confidence").first.press("End")

    expect(shown).to_have_count(0)


def test_a_new_image_is_answered_with_instances(
    open_page: Callable[..., Any], finished: dict[str, Any], server: Server
) -> None:
    picture = next((server.home / "datasets").glob(f"{finished['dataset']['id']}*/media/images/test_003.png"))
    page = open_page(f"/predictions/new?experiment={finished['id']}")
    page.locator("input[type=file]").set_input_files(picture)

    answer = page.get_by_role("region", name="Result")

    expect(answer.locator("img").first).to_be_visible(timeout=60_000)
    expect(answer.get_by_role("heading", name="Prediction")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_instances_are_accessible_and_fit_a_narrow_screen(
    scheme: Any, open_page: Callable[..., Any], finished: dict[str, Any]
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci")
    page = open_page(f"/experiments/{finished['id']}/samples", width=320, color_scheme=scheme)
    page.locator("[data-sample]").first.wait_for()
    settle(page)

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []
    keep(page, f"instances-narrow-{scheme}")
    page.set_viewport_size({"width": 1440, "height": 900})
    keep(page, f"instances-samples-{scheme}")
    page.locator("[data-sample]").first.click()
    page.get_by_role("dialog").wait_for()
    settle(page)
    keep(page, f"instances-viewer-{scheme}")
    assert violations(page) == []
    page.goto(page.url.split("/samples")[0] + "/insights")
    page.get_by_text("Matches by size and IoU").first.wait_for()
    settle(page)
    keep(page, f"instances-insights-{scheme}")
