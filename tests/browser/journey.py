"""The steps from an upload to a pipeline that verifies, by hand: what every journey through the page has in common."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.browser.conftest import Server


def import_by_hand(
    page: Any, server: Server, upload: Path, name: str | None = None, title: str | None = None
) -> dict[str, Any]:
    """Upload a file on the import page and take what is suggested, but for the title of a problem type if one is given;
    the dataset once it is ready.
    """
    page.get_by_label("Dataset file").set_input_files(upload)
    if title is not None:
        page.get_by_label("Problem type", exact=True).first.click(timeout=120_000)
        page.get_by_role("option", name=title, exact=True).click()
    page.get_by_role("button", name="Continue to columns").click(timeout=120_000)
    return finish_import(page, server, name)


def finish_import(page: Any, server: Server, name: str | None = None) -> dict[str, Any]:
    """From the step of the columns to the dataset that is ready."""
    if name is not None:
        page.get_by_label("Name of the dataset").fill(name)
    page.get_by_role("button", name="Import dataset").click()
    page.wait_for_url("**/datasets/data-**", timeout=120_000)
    dataset = page.url.split("/datasets/")[1].split("/")[0]
    ended: dict[str, Any] = server.wait(
        f"/api/datasets/{dataset}", lambda one: one["state"] in ("ready", "failed"), seconds=400
    )
    assert ended["state"] == "ready", ended
    return ended


def train_by_hand(page: Any, server: Server, address: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Fill fields of the form at an address, start, and wait on the charts; the finished experiment."""
    page.goto(server.url + address)
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Start experiment").click()
    page.wait_for_url("**/charts", timeout=60_000)
    ended = server.ended({"id": page.url.split("/experiments/")[1].split("/")[0]}, seconds=400)
    assert ended["state"] == "finished", ended["runs"][0]["error"]
    return ended


def verified_pipeline(page: Any, server: Server, experiment: str, folder: Path) -> str:
    """Download the scoring pipeline below a folder and let it verify itself; what it said."""
    page.goto(f"{server.url}/experiments/{experiment}/files")
    link = page.get_by_role("link", name="Download pipeline").or_(page.get_by_role("button", name="Download pipeline"))
    with page.expect_download(timeout=60_000) as download:
        link.first.click()
    download.value.save_as(folder / "pipeline.zip")
    with zipfile.ZipFile(folder / "pipeline.zip") as archive:
        archive.extractall(folder / "pipeline")
    done = subprocess.run(
        [sys.executable, "score.py", "verify"],
        cwd=folder / "pipeline",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
