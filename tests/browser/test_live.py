"""A running experiment: points come, the zoom stays, a dead server is noticed and nothing is drawn twice."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.requirements import covers
from tests.support.waiting import until

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
LONG = {
    "image__image_width": 32,
    "image__image_height": 32,
    "training__epochs": 400,
    "training__evaluation_epochs": 20.0,
}


@pytest.fixture
def running(server: Any, shapes: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A training that goes on for minutes; stopped at the end of the test."""
    experiment = server.experiment(shapes, f"long-{time.time_ns() % 10**6}", **LONG)
    run = experiment["runs"][0]["id"]
    server.wait(f"/api/runs/{run}/series?points=100", lambda one: bool(one["series"].get("train.loss")))
    yield {**experiment, "run": run}
    server.stop_all()


def last_step(page: Any) -> int:
    """The last step of the loss chart, from its data table."""
    page.get_by_role("button", name="Options for Loss").click()
    page.get_by_role("menuitem", name="Show data").click()
    table = page.get_by_role("dialog", name="Loss")
    text = table.locator("tbody tr").last.locator("td").first.inner_text()
    page.keyboard.press("Escape")
    expect(table).to_have_count(0)
    return int(float(text.replace(",", "")))


def known_step(server: Any, running: dict[str, Any]) -> int:
    """The last step of the loss that the server knows."""
    series = server.call("GET", f"/api/runs/{running['run']}/series?points=10")["series"]
    return int(series["train.loss"]["steps"][-1])


def steps(page: Any) -> list[int]:
    """All steps of the loss chart, from its data table."""
    page.get_by_role("button", name="Options for Loss").click()
    page.get_by_role("menuitem", name="Show data").click()
    cells = page.get_by_role("dialog", name="Loss").locator("tbody td:first-child").all_inner_texts()
    return [int(float(text.replace(",", ""))) for text in cells]


def test_points_arrive_and_title_status_and_list_agree(
    running: dict[str, Any], server: Any, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"/experiments/{running['id']}/charts")
    page.get_by_role("figure", name="Loss").wait_for()
    first = last_step(page)
    until(lambda: known_step(server, running) > first)
    asked = known_step(server, running)

    until(lambda: last_step(page) >= asked)

    expect(page.get_by_text("Running").first).to_be_visible()
    assert page.title().startswith("(")
    listed = open_page("/experiments")
    expect(listed.get_by_role("row").filter(has_text=running["name"])).to_contain_text("Running")


def test_the_zoom_stays_while_points_arrive(
    running: dict[str, Any], server: Any, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"/experiments/{running['id']}/charts?smooth=0.6")
    chart = page.get_by_role("figure", name="Loss").get_by_role("group")
    chart.wait_for()
    chart.focus()
    page.keyboard.press("+")
    follow = page.get_by_role("switch", name="Follow")
    expect(follow).not_to_be_checked()

    first = known_step(server, running)
    until(lambda: known_step(server, running) > first)
    asked = known_step(server, running)
    until(lambda: last_step(page) >= asked)

    expect(follow).not_to_be_checked()
    page.keyboard.press("f")
    expect(follow).to_be_checked()


def test_a_dead_server_is_noticed_and_every_step_is_there_once_after(
    running: dict[str, Any], server: Any, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"/experiments/{running['id']}/charts")
    page.get_by_role("figure", name="Loss").wait_for()

    server.stop()
    expect(page.get_by_text("Connection lost. Trying again")).to_be_visible(timeout=5000)
    server.start()
    expect(page.get_by_text("Connection lost. Trying again")).to_be_hidden(timeout=20_000)
    asked = known_step(server, running)
    until(lambda: last_step(page) >= asked)

    shown = steps(page)
    assert shown == sorted(set(shown))
    open_page.allowed.clear()  # type: ignore[attr-defined]  # refused requests are logged while the server is away


@covers("F63")
def test_a_browser_that_was_offline_catches_up_without_a_gap(
    running: dict[str, Any], server: Any, open_page: Callable[..., Any]
) -> None:
    """Seconds stand for minutes: the page's chart is then the same as one that was opened afterwards.

    The browser's offline mode reaches no shared worker and cuts no open stream: there is none, and `ss` cuts.
    """
    if shutil.which("ss") is None or os.geteuid() != 0:
        pytest.skip("F63: cutting connections needs ss and root")
    page = open_page("/welcome")
    page.context.add_init_script("delete window.SharedWorker")
    page.goto(page.url.replace("/welcome", f"/experiments/{running['id']}/charts"))
    page.get_by_role("figure", name="Loss").wait_for()
    before = last_step(page)

    page.context.set_offline(True)
    subprocess.run(["ss", "-K", "dport", "=", f":{server.port}"], capture_output=True, check=False)
    expect(page.get_by_text("Connection lost. Trying again")).to_be_visible(timeout=10_000)
    until(lambda: known_step(server, running) > before)
    page.context.set_offline(False)
    expect(page.get_by_text("Connection lost. Trying again")).to_be_hidden(timeout=30_000)
    server.stop_all()
    expect(page.get_by_text("Stopped").first).to_be_visible(timeout=30_000)
    fresh = open_page(f"/experiments/{running['id']}/charts")
    fresh.get_by_role("figure", name="Loss").wait_for()
    until(lambda: last_step(page) == last_step(fresh))
    shown = steps(page)

    assert shown == sorted(set(shown))
    assert shown[-1] > before
    assert set(steps(fresh)) <= set(shown)
    open_page.allowed.clear()  # type: ignore[attr-defined]  # what fails while offline is logged


def test_eight_tabs_on_a_running_experiment_all_load(
    running: dict[str, Any], server: Any, open_page: Callable[..., Any]
) -> None:
    first = open_page(f"/experiments/{running['id']}/charts")
    tabs = [first.context.new_page() for _ in range(7)]
    for tab in tabs:
        tab.goto(f"{server.url}/experiments/{running['id']}/charts")

    for tab in tabs:
        expect(tab.get_by_role("figure", name="Loss")).to_be_visible(timeout=15_000)


def test_by_keyboard_from_example_data_to_a_stopped_run(
    server: Any, open_page: Callable[..., Any], shapes: dict[str, Any]
) -> None:
    page = open_page("/welcome")
    page.get_by_role("button", name="Train on shapes").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/experiments/new**")
    rate = page.get_by_label("Learning rate", exact=True)
    rate.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("0.002")
    page.get_by_label("Epochs", exact=True).focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("300")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/charts")
    page.get_by_role("heading", level=1).wait_for()
    page.get_by_text("Running").first.wait_for(timeout=60_000)

    page.keyboard.press("s")
    page.get_by_role("dialog").get_by_role("button", name="Stop experiment").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Stopped").first).to_be_visible(timeout=60_000)
    settings = server.call("GET", f"/api/experiments/{page.url.split('/experiments/')[1].split('/')[0]}/settings")
    assert settings["settings"]["training.learning_rate"] == 0.002
