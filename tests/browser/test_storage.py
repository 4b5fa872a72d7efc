"""Settings say what takes room on the disk, and free what nothing reads any more."""

from collections.abc import Callable
from typing import Any

import pytest

from .screenshots import keep

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


def test_what_takes_room_is_shown_and_a_clean_up_says_what_went(
    finished: dict[str, Any], server: Any, open_page: Callable[..., Any]
) -> None:
    checkpoints = server.home / "runs" / finished["runs"][0]["id"] / "checkpoints"
    kept = next(path for path in checkpoints.iterdir() if (path / "manifest.json").is_file())
    (kept / "optimizer.safetensors").write_bytes(bytes(3 << 20))  # as an earlier version left it
    page = open_page("/settings/storage")

    expect(page.get_by_text("Optimizer states of 1 finished run take 3")).to_be_visible()
    expect(page.locator("dt", has_text=finished["name"])).to_be_visible()
    keep(page, "settings-storage")
    page.get_by_role("button", name="Free 3").click()

    expect(page.get_by_role("status").filter(has_text="Removed 1 optimizer state of 1 run: 3")).to_be_visible()
    expect(page.get_by_text("Nothing to clean up")).to_be_visible()
    assert not (kept / "optimizer.safetensors").exists()
