"""B36, B37: a dataset whose every string is markup, on every page of a browser: nothing of it runs or is tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser.accessibility import settle
from tests.browser.test_pages import PATHS
from tests.security.black_box import BlackBox
from tests.security.hostile import MARKUP
from tests.security.hostile_dataset import hostile_dataset

LABELS = (MARKUP, f"two{MARKUP}", "<script>window.__x=1</script>", "javascript:window.__x=1//")


@dataclass(frozen=True)
class Marked:
    """A server on which everything is named like markup."""

    box: BlackBox
    dataset: dict[str, Any]
    experiment: dict[str, Any]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    """A finished training on such a dataset, with such notes and tags, and such a prediction."""
    box = BlackBox(tmp_path_factory.mktemp("xss") / "home").start()
    dataset = hostile_dataset(box, LABELS, file_name="{number}" + MARKUP + ".png")
    experiment = box.trained(dataset, "marked", prediction__metric="LogLoss")
    change = {"notes": MARKUP, "tags": [MARKUP[:40], "<b>bold</b>"]}
    box.call("PATCH", f"/api/experiments/{experiment['id']}", change)
    yield Marked(box, dataset, experiment)
    box.stop()


@pytest.fixture
def page(chromium: Any, marked: Marked) -> Iterator[Any]:
    """A signed-in page that notes what the policy had to stop."""
    context = chromium.new_context()
    name, _, value = marked.box.browser().partition("=")
    context.add_cookies([{"name": name, "value": value, "url": marked.box.origin}])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", [pytest.param(path, id=f"B36-B37-{path}") for path in PATHS])
def test_markup_in_names_is_text_on_every_page(page: Any, marked: Marked, path: str) -> None:
    reports: list[str] = []
    page.on("console", lambda one: reports.append(one.text) if "Content Security Policy" in one.text else None)
    page.on("dialog", lambda one: reports.append(one.message))
    address = path.format(dataset=marked.dataset["id"], experiment=marked.experiment["id"])

    page.goto(marked.box.origin + address)
    page.locator("h1").first.wait_for()
    settle(page)

    assert page.evaluate("window.__x") is None
    assert reports == []
    assert page.locator("img[src='x'], svg[onload], a[href^='javascript']").count() == 0
