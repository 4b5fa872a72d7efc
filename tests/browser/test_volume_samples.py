"""Volumes on pages: middle slices on cards, a slider along each axis, statistics, the pictures of an import."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.browser.accessibility import settle, violations
from tests.browser.conftest import Server
from tests.browser.screenshots import keep

expect = pytest.importorskip("playwright.sync_api").expect
KIND = "image_3d_classification"
SIDES = "24 \N{MULTIPLICATION SIGN} 24 \N{MULTIPLICATION SIGN} 24"
SMALL = {
    "image__image_width": 16,
    "image__image_height": 16,
    "image__image_depth": 16,
    "training__epochs": 1,
    "training__build_scoring_pipelines": False,
}


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Any]:
    """A finished experiment on the example of 3D image classification."""
    return server.finished_example(KIND, "samples of volumes", **SMALL)


def shot(page: Any, name: str) -> None:
    settle(page)
    keep(page, f"volumes-{name}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_volume_is_gone_through_slice_by_slice(
    open_page: Callable[..., Any], finished: dict[str, Any], scheme: str
) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples", color_scheme=scheme)
    card = page.locator("[data-sample]").first
    picture = card.get_by_role("img", name="the middle slices along depth, height and width")
    expect(picture).to_be_visible()
    page.wait_for_function(
        "() => { const one = document.querySelector('[data-sample] img');"
        " return one.complete && one.naturalWidth === 3 * one.naturalHeight }"
    )
    shot(page, f"predictions-{scheme}")

    card.click()
    dialog = page.get_by_role("dialog")
    slider = dialog.get_by_role("slider", name="Slice along depth")
    expect(dialog.get_by_role("img", name="slice 13 of 24 along")).to_have_count(3)
    expect(dialog.get_by_text(f"{SIDES} voxels")).to_be_visible()
    boxes = [one.bounding_box() for one in dialog.get_by_role("img", name="slice 13 of 24 along").all()]
    assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(boxes))
    assert all(abs(box["width"] - box["height"]) < 1 for box in boxes)
    title = dialog.get_by_role("heading", level=2).inner_text()
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    expect(slider).to_have_attribute("aria-valuetext", "slice 15 of 24")
    expect(dialog.get_by_role("img", name="slice 15 of 24 along depth")).to_be_visible()
    expect(dialog.get_by_role("heading", level=2)).to_have_text(title)
    shot(page, f"slices-{scheme}")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_statistics_say_sizes_and_range(open_page: Callable[..., Any], finished: dict[str, Any], scheme: str) -> None:
    page = open_page(f"/datasets/{finished['dataset']['id']}/statistics", color_scheme=scheme)

    expect(page.get_by_text("Most frequent volume sizes, depth first")).to_be_visible()
    expect(page.get_by_text(SIDES)).to_be_visible()
    expect(page.get_by_text("1 channel: 126 volumes; values from 0 to 252")).to_be_visible()
    shot(page, f"statistics-{scheme}")
    assert violations(page) == []
