"""What everyone must know of a home stands above every page, and can be read."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.accessibility import settle, violations

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
SHOTS = os.environ.get("STUDIO_SCREENSHOTS")
LOST = {
    "level": "error",
    "code": "lost_changes",
    "path": "studio.db",
    "message": "The database is older than the folders of some runs: run-mzzvyu7vsh, run-u5bfc25tgw.",
    "fix": "Stop the studio and put studio.db-wal back, or restore a backup.",
    "examples": ["run-mzzvyu7vsh", "run-u5bfc25tgw"],
}
LOW = {
    "level": "warning",
    "code": "disk_low",
    "path": "disk",
    "message": "Only 0.3 GB are free. Nothing starts and nothing can be uploaded until there are 1.1 GB.",
    "fix": "Delete experiments, datasets or predictions that you no longer need.",
    "examples": [],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_notices_stand_above_every_page(open_page: Callable[..., Any], scheme: str, width: int) -> None:
    page = open_page("/experiments", width=width, color_scheme=scheme)

    def tell(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "notices": [LOST, LOW]})

    page.route("**/api/me", tell)
    page.goto(page.url.replace("/experiments", "/queue"))
    notices = page.get_by_role("status")

    expect(notices.filter(has_text="older than the folders")).to_be_visible()
    expect(notices.filter(has_text="0.3 GB are free")).to_be_visible()
    settle(page)
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"notices-{scheme}-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    page.get_by_role("button", name="Dismiss").click()
    expect(notices.filter(has_text="older than the folders")).to_have_count(0)
    expect(notices.filter(has_text="0.3 GB are free")).to_be_visible()
