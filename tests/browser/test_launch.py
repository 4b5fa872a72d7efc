"""`studio serve --open`: the browser comes in, and no process argument tells other accounts how."""

import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from studio.commands.app import run
from tests.browser.conftest import REPOSITORY


@pytest.fixture(params=["127.0.0.1", "::1"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """What a server printed, the argument that it gave the browser, and its home."""
    arguments = tmp_path / "arguments"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$*" > {arguments}.part && mv {arguments}.part {arguments}\n')
    browser.chmod(0o700)
    home = tmp_path / "home"
    words = ["serve", "--home", str(home), "--open", "--port", "0", "--host", request.param]
    process = subprocess.Popen(
        ["env", f"BROWSER={browser} %s", sys.executable, "-m", "studio.cli", *words],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    printed = ""
    try:
        for line in process.stdout:
            printed += line
            if "Stop with Ctrl-C" in line:
                break
        for _ in range(100):
            if arguments.exists():
                break
            time.sleep(0.1)
        yield printed, arguments.read_text(), home
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.mark.covers("B161")
def test_b161_the_browser_is_opened_on_a_private_page_that_leads_in(
    opened: tuple[str, str, Path], chromium: Any
) -> None:
    printed, argument, home = opened
    [address] = re.findall(r"http://\S+/launch\?code=\S+", printed)
    code = address.rpartition("=")[2]
    page_file = home / "run" / "open.html"

    assert code not in argument
    assert argument == page_file.as_uri()
    assert stat.S_IMODE(page_file.stat().st_mode) == 0o600

    context = chromium.new_context()
    page = context.new_page()
    page.goto(argument)
    page.wait_for_url(re.compile(r"^http://"))
    page.get_by_role("link", name="Experiments").first.wait_for()
    assert code not in page.url
    context.close()
    assert run(["experiment", "list", "--json", "--home", str(home)]) == 0  # commands find this address, too


def test_a_used_address_is_told_in_words_with_the_command_for_a_new_one(server: Any, chromium: Any) -> None:
    context = chromium.new_context()
    page = context.new_page()

    page.goto(server.launch_url)

    expect(page.get_by_role("heading", name="This launch address does not work any more")).to_be_visible()
    expect(page.locator("pre")).to_have_text(re.compile("studio link$"))
    context.close()


def test_a_used_address_leads_a_browser_that_is_signed_in_to_the_page(
    server: Any, open_page: Callable[..., Any]
) -> None:
    page = open_page("/experiments")

    page.goto(server.launch_url)

    expect(page.get_by_role("link", name="Experiments").first).to_be_visible()
    assert "code=" not in page.url
    open_page.allowed[:] = [one for one in open_page.allowed if "403" not in one]  # type: ignore[attr-defined]


def test_a_browser_that_is_not_known_is_told_so_once_and_what_to_run(server: Any, chromium: Any) -> None:
    context = chromium.new_context()
    page = context.new_page()

    page.goto(server.url + "/experiments")

    expect(page.get_by_role("heading", level=1)).to_have_text("This browser is not signed in")
    expect(page.locator("main code")).to_have_text(re.compile("studio link$"))
    expect(page.get_by_role("alert")).to_have_count(0)
    context.close()


def test_what_the_machine_lacks_stands_above_the_fold(open_page: Callable[..., Any]) -> None:
    for width, height in ((1440, 900), (390, 844)):
        machine = open_page("/welcome", width=width, height=height).get_by_role("region", name="This machine")
        box = machine.bounding_box()
        assert box["y"] + box["height"] < height
