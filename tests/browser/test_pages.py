"""Every page: its address, title and heading, no accessibility violation, no sideways scrolling, whole by keyboard."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import AXE, come_to_rest, settle, violations

PATHS = {
    "/welcome": "Welcome",
    "/datasets": "Datasets",
    "/datasets/import": "Import dataset",
    "/datasets/{dataset}/overview": "overview",
    "/datasets/{dataset}/samples": "samples",
    "/datasets/{dataset}/statistics": "statistics",
    "/datasets/{dataset}/problems": "problems",
    "/datasets/{dataset}/used-by": "used by",
    "/experiments": "Experiments",
    "/experiments/new?level=master": "New experiment",
    "/experiments/{experiment}/charts": "charts",
    "/experiments/{experiment}/summary": "summary",
    "/experiments/{experiment}/insights": "insights",
    "/experiments/{experiment}/insights/validation-confusion": "insights",
    "/experiments/{experiment}/insights/validation-curves": "insights",
    "/experiments/{experiment}/samples": "samples",
    "/experiments/{experiment}/logs": "logs",
    "/experiments/{experiment}/settings": "settings",
    "/experiments/{experiment}/files": "files",
    "/predictions": "Predictions",
    "/predictions/new": "New prediction",
    "/queue": "Queue and machine",
    "/settings/appearance": "appearance",
    "/settings/storage": "storage",
    "/settings/about": "about",
    "/help": "Help",
    "/nowhere": "Page not found",
}
SCREENS = {"light": ("light", 1280, 800), "dark": ("dark", 1280, 800), "phone": ("light", 390, 800)}
"""Colour scheme, width and height."""


@pytest.fixture(params=PATHS, ids=str)
def path(request: pytest.FixtureRequest, shapes: dict[str, Any], finished: dict[str, Any]) -> str:
    """Every address, filled in."""
    return str(request.param).format(dataset=shapes["id"], experiment=finished["id"])


def test_every_address_has_its_heading_and_title_also_after_a_reload(
    path: str, open_page: Callable[..., Any], request: pytest.FixtureRequest
) -> None:
    page = open_page(path)
    settle(page)
    before = (page.url, page.title(), page.locator("h1").all_inner_texts())

    page.reload()
    settle(page)

    assert (page.url, page.title(), page.locator("h1").all_inner_texts()) == before
    assert len(before[2]) == 1
    template = request.node.callspec.params["path"]
    assert PATHS[template].lower() in before[1].lower()


def test_axe_finds_nothing_in_either_theme_nor_on_a_phone(path: str, open_page: Callable[..., Any]) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm --prefix frontend ci")
    page = open_page(path, reduced_motion="reduce")
    found = {}
    for screen, (scheme, width, height) in SCREENS.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        found[screen] = violations(page)

    assert {screen: one for screen, one in found.items() if one} == {}


@pytest.mark.parametrize("opening", ["search", "shortcuts", "sample", "stop"])
def test_axe_finds_nothing_with_dialogs_open(
    opening: str, finished: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm --prefix frontend ci")
    page = open_page(f"/experiments/{finished['id']}/samples", reduced_motion="reduce")
    settle(page)
    if opening == "search":
        page.keyboard.press("Control+k")
    elif opening == "shortcuts":
        page.keyboard.press("?")
    elif opening == "sample":
        page.locator("[data-sample]").first.click()
    else:
        page.get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Delete experiment").click()
    page.get_by_role("dialog").wait_for()
    come_to_rest(page)

    assert violations(page) == []


def test_no_page_scrolls_sideways(path: str, open_page: Callable[..., Any]) -> None:
    page = open_page(path)
    for width in (320, 640, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        settle(page)

        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


WHERE_THE_FOCUS_IS = """() => {
  const e = document.activeElement, r = e.getBoundingClientRect();
  const overlaps = bar => {
    const b = bar.getBoundingClientRect();
    return r.top < b.bottom - 1 && r.bottom > b.top + 1 && r.left < b.right && r.right > b.left;
  };
  const isSticky = bar => ['sticky', 'fixed'].includes(getComputedStyle(bar).position);
  const bars = [document.querySelector('header'), ...document.querySelectorAll('[class*=footer], [class*=toolbar]')];
  const hit = bars.find(bar => bar && !bar.contains(e) && isSticky(bar) && overlaps(bar));
  window.__seen ??= new Set();
  const again = e !== document.body && window.__seen.has(e);
  window.__seen.add(e);
  const text = e.innerText || e.getAttribute('aria-label') || e.id;
  return {text, isBody: e === document.body, again, covered: hit ? hit.className : null};
}"""
NEVER_REACHED = """() => [...document.querySelectorAll('a[href], button:enabled, input:enabled, textarea')]
  .filter(e => e.tabIndex >= 0 && !['radio', 'hidden', 'file'].includes(e.type))
  .filter(e => e.getClientRects().length > 0 && !window.__seen.has(e))
  .map(e => e.outerHTML.slice(0, 120))"""


def test_tab_reaches_every_control_once_and_nothing_covers_the_focus(
    shapes: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    page = open_page(f"/experiments/new?dataset={shapes['id']}&level=master")
    settle(page)
    page.get_by_role("button", name="Start experiment").wait_for()

    stops = []
    page.keyboard.press("Tab")
    while not (stop := page.evaluate(WHERE_THE_FOCUS_IS))["isBody"] and not stop["again"] and len(stops) < 400:
        stops.append(stop)
        page.keyboard.press("Tab")

    assert stops[0]["text"] == "Skip to content"
    assert any(stop["text"] == "Start experiment" for stop in stops)
    assert [stop for stop in stops if stop["covered"]] == []
    assert page.evaluate(NEVER_REACHED) == []
