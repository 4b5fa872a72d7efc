"""Images with texts on pages: both on cards and in the viewer, explained side by side, and both asked about at once."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import settle, violations
from tests.browser.conftest import Server
from tests.browser.screenshots import keep

expect = pytest.importorskip("playwright.sync_api").expect
KIND = "image_text_classification"
SMALL = {
    "architecture__image_backbone": "test_resnet",
    "architecture__image_pretrained": False,
    "image__image_width": 128,
    "image__image_height": 128,
    "training__epochs": 2,
    "training__build_scoring_pipelines": False,
}
VIEWS = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Any]:
    """A finished experiment on the example of image and text classification."""
    return server.finished_example(KIND, "pictures with remarks", **SMALL)


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_cards_and_viewer_show_picture_and_text_and_explain_both(
    open_page: Callable[..., Any], finished: dict[str, Any], width: int, scheme: str
) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples", width=width, color_scheme=scheme)
    card = page.locator("[data-sample]").first
    expect(card.locator("img").first).to_be_visible()
    expect(card.locator("[data-beside]")).to_contain_text("one")
    settle(page)
    keep(page, f"image-text-cards-{width}-{scheme}")

    card.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("region", name="text")).to_be_visible()
    dialog.get_by_role("switch", name="Explanation").check(force=True)
    expect(dialog.get_by_text("for the prediction", exact=True)).to_be_visible()
    expect(dialog.locator("img[aria-hidden]")).to_be_visible()
    expect(dialog.locator("[data-weight]").first).to_be_visible()

    settle(page)
    keep(page, f"image-text-viewer-{width}-{scheme}")
    assert violations(page) == []


def test_an_image_and_a_text_are_asked_about_together(
    open_page: Callable[..., Any], server: Server, finished: dict[str, Any]
) -> None:
    media = server.home / "datasets" / finished["dataset"]["id"] / "media"
    page = open_page(f"/predictions/new?experiment={finished['id']}", color_scheme="dark")
    button = page.get_by_role("button", name="Predict", exact=True)
    expect(button).to_be_disabled()

    page.get_by_label("Image", exact=True).set_input_files(next(media.rglob("test_*.png")))
    expect(page.get_by_text(".png")).to_be_visible()
    expect(button).to_be_disabled()
    page.get_by_label("Text").fill("please take this bright one back")
    button.click()

    result = page.get_by_role("region", name="Result")
    expect(result.locator("img").first).to_be_visible(timeout=60_000)
    expect(result.get_by_role("region", name="text")).to_contain_text("bright")
    expect(result.get_by_text("Predicted in")).to_be_visible()
    result.get_by_role("switch", name="Explanation").check(force=True)
    settle(page)
    keep(page, "image-text-one", full=True)
    assert violations(page) == []


def test_statistics_tell_of_images_texts_and_labels(open_page: Callable[..., Any], finished: dict[str, Any]) -> None:
    page = open_page(f"/datasets/{finished['dataset']['id']}/statistics")

    for words in ("keep circle", "Image width", "Text"):
        expect(page.get_by_text(words).first).to_be_visible()
    settle(page)
    keep(page, "image-text-statistics", full=True)
