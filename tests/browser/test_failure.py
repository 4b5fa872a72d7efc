"""A failed run explains itself on its page: cause, sample, the setting behind it, the log's end, and the ways out."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.accessibility import settle, violations

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
SHOTS = os.environ.get("STUDIO_SCREENSHOTS")
"""A folder for pictures, for people."""


@pytest.fixture(scope="module")
def failed(server: Any, shapes: dict[str, Any]) -> dict[str, Any]:
    """A run whose image was damaged after the import."""
    path = next(server.home.glob(f"**/{shapes['id']}/media/**/train_007.png"))
    whole = path.read_bytes()
    path.write_bytes(b"no pixels")
    small = {"image__image_width": 40, "image__image_height": 40, "training__epochs": 1}
    ended: dict[str, Any] = server.ended(server.experiment(shapes, "damaged-image", **small))
    path.write_bytes(whole)  # the dataset is for other tests, too
    assert ended["state"] == "failed"
    return ended


def test_the_panel_names_cause_sample_setting_and_log(failed: dict[str, Any], open_page: Callable[..., Any]) -> None:
    page = open_page(f"/experiments/{failed['id']}/charts")
    panel = page.get_by_role("alert").first

    expect(panel).to_contain_text("Row 8: the file 'train_007.png' is of another size than it was imported with")
    expect(panel).to_contain_text("row 8, column image, train_007.png")
    expect(panel).to_contain_text("file_damaged")
    panel.get_by_text("Last 200 lines of the log").click()
    expect(panel.locator("pre")).to_contain_text("train_007.png")
    expect(panel.get_by_role("button", name="Run again as it is")).to_be_visible()
    expect(page.get_by_role("link", name="Start again with changes")).to_have_count(1)
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    panel.get_by_role("link", name="Start again with changes").click()
    page.wait_for_url("**/experiments/new?from=**")
    expect(page.locator("h1").first).to_be_visible()


def test_a_likely_setting_leads_into_the_form_of_a_copy(
    server: Any, shapes: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    wild = {
        "image__image_width": 32,
        "image__image_height": 32,
        "training__epochs": 20,
        "training__optimizer": "SGD",
        "training__learning_rate": 10.0,
        "training__weight_decay": 10.0,
    }
    ended = server.ended(server.experiment(shapes, "diverges", **wild))
    page = open_page(f"/experiments/{ended['id']}/charts")
    panel = page.get_by_role("alert").first

    expect(panel).to_contain_text("nan_loss")
    panel.get_by_role("link", name="Learning rate", exact=True).click()

    page.wait_for_url("**/experiments/new?from=**find=training.learning_rate**")
    expect(page.get_by_label("Learning rate", exact=True).first).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_panel_fits_and_can_be_read(
    failed: dict[str, Any], open_page: Callable[..., Any], scheme: str, width: int
) -> None:
    page = open_page(f"/experiments/{failed['id']}/charts", width=width, color_scheme=scheme)
    panel = page.get_by_role("alert").first
    panel.get_by_text("Last 200 lines of the log").click()
    expect(panel.locator("pre")).to_contain_text("train_007.png")
    settle(page)

    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"failure-{scheme}-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
