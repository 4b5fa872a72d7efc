"""Masks over volumes: on cards, slice by slice, from a run and from a dataset, and a large one that stays fluid."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from studio.commands.datasets import zip_folder
from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text
from studio.problems.registry import problem_types
from tests.browser.accessibility import AXE, settle, violations
from tests.browser.conftest import Server
from tests.browser.journey import import_by_hand, train_by_hand, verified_pipeline
from tests.browser.screenshots import keep

expect = pytest.importorskip("playwright.sync_api").expect
KIND = "image_3d_semantic_segmentation"
SMALL = {
    "image__image_width": 24,
    "image__image_height": 24,
    "image__image_depth": 16,
    "architecture__number_of_blocks": 2,
    "training__epochs": 4,
    "training__evaluation_epochs": 4.0,
}
LARGE = (128, 512, 512)
DRAWN = """canvas => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let found = 0;
    for (let i = 3; i < data.length; i += 4) found += data[i] > 0;
    return found;
}"""
"""How many pixels of a canvas are covered."""
COLOURS = """canvas => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const found = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) found.add(data.slice(i, i + 4).join());
    return found.size;
}"""
"""How many colours a canvas has."""
SCRUB = """async slider => {
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    const works = [];
    for (let round = 0; round < 60; round++) {
        await new Promise(requestAnimationFrame);
        const start = performance.now();
        set.call(slider, round % Number(slider.max));
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        works.push(performance.now() - start);
    }
    return works.sort((a, b) => a - b);
}"""
"""Milliseconds of script for each step of a slider, React and drawing included, sorted."""


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Any]:
    """A finished experiment on the example."""
    return server.finished_example(KIND, "masks of volumes", **SMALL)


def test_masks_lie_over_the_slices_they_belong_to(open_page: Callable[..., Any], finished: dict[str, Any]) -> None:
    page = open_page(f"/datasets/{finished['dataset']['id']}/samples")
    cards = page.locator("[data-sample]")
    cards.first.locator("canvas").first.wait_for()
    expect(cards.first.locator("canvas")).to_have_count(3)
    cards.filter(has_text="ball").first.click()
    dialog = page.get_by_role("dialog")
    along_depth = dialog.locator("canvas").first
    expect(along_depth).to_be_visible()
    slider = dialog.get_by_role("slider", name="Slice along depth")

    covered = []
    for _ in range(20):
        covered.append(along_depth.evaluate(DRAWN))
        slider.press("ArrowLeft")

    assert max(covered) > 0
    assert len(set(covered)) > 3
    dialog.get_by_role("switch", name="Truth").click()
    expect(dialog.locator("canvas")).to_have_count(0)


def test_truth_and_prediction_of_a_run_are_compared_and_classes_switched(
    open_page: Callable[..., Any], finished: dict[str, Any]
) -> None:
    page = open_page(f"/experiments/{finished['id']}/samples")
    card = page.locator("[data-sample]").filter(has_text="ball").filter(has_text="rod").first
    card.wait_for()
    expect(card).to_contain_text("IoU")
    card.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("columnheader")).to_have_text(["Class", "Truth", "Prediction", "IoU"])
    canvas = dialog.locator("canvas").first
    both = canvas.evaluate(DRAWN)

    dialog.get_by_role("switch", name="Difference").click()
    expect(dialog.get_by_role("list", name="Colours of the difference")).to_contain_text("false negative")
    difference = canvas.evaluate(COLOURS)
    keep(page, "volume-masks-difference")
    dialog.get_by_role("switch", name="Difference").click()

    dialog.get_by_role("group", name="Classes").get_by_role("button", name="ball").click()
    one = canvas.evaluate(DRAWN)
    dialog.get_by_role("group", name="Classes").get_by_role("button", name="rod").click()

    assert both > one > 0
    assert 1 <= difference <= 4
    assert canvas.evaluate(DRAWN) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_masks_of_volumes_are_accessible_and_fit_a_narrow_screen(
    scheme: Any, open_page: Callable[..., Any], finished: dict[str, Any]
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci")
    page = open_page(f"/experiments/{finished['id']}/samples", width=390, color_scheme=scheme)
    page.locator("[data-sample] canvas").first.wait_for()
    settle(page)
    keep(page, f"volume-masks-narrow-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []
    page.locator("[data-sample]").first.click()
    page.get_by_role("dialog").locator("canvas").first.wait_for()
    keep(page, f"volume-masks-narrow-viewer-{scheme}")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1440, "height": 900})
    keep(page, f"volume-masks-samples-{scheme}")
    page.locator("[data-sample]").first.click()
    page.get_by_role("dialog").locator("canvas").first.wait_for()
    settle(page)
    keep(page, f"volume-masks-viewer-{scheme}")
    assert violations(page) == []
    page.goto(page.url.split("/samples")[0] + "/insights")
    page.get_by_text("IoU and Dice per class").first.wait_for()
    keep(page, f"volume-masks-insights-{scheme}")


def label_maps(folder: Path) -> Path:
    """The example as a zip in the layout of nnU-Net."""
    made = folder / "example"
    problem_types()[KIND].make_example(made)
    values = {"ball": 1, "rod": 2}
    for row in pd.read_parquet(made / "train.parquet").to_dict("records"):
        volume = np.load(made / "images" / row["image"])
        numbers = np.zeros(volume.shape, dtype=np.uint8)
        for name, text in zip(row["class_id"], row["rle_mask"], strict=True):
            numbers[decode(from_text(text), *volume.shape)] = values[name]
        case = Path(row["image"]).stem
        for place, array in ((f"imagesTr/{case}_0000.npy", volume), (f"labelsTr/{case}.npy", numbers)):
            (folder / "upload" / place).parent.mkdir(parents=True, exist_ok=True)
            np.save(folder / "upload" / place, array, allow_pickle=False)
    (folder / "upload" / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **values}}))
    zip_folder(folder / "upload", folder / "upload.zip")
    return folder / "upload.zip"


@pytest.mark.heavy
def test_from_label_maps_to_a_pipeline_that_verifies(
    open_page: Callable[..., Any], server: Server, tmp_path: Path
) -> None:
    page = open_page("/datasets/import")
    dataset = import_by_hand(page, server, label_maps(tmp_path))
    assert dataset["problem_type"] == KIND

    small = {"Epochs": "1", "Image width": "24", "Image height": "24", "Image depth": "16"}
    experiment = train_by_hand(page, server, f"/experiments/new?dataset={dataset['id']}", small)

    verified_pipeline(page, server, experiment["id"], tmp_path)


def organs(folder: Path) -> Path:
    """Two volumes of 128 x 512 x 512 voxels with six organs each, as a zip."""
    (folder / "images").mkdir(parents=True)
    places = np.ogrid[tuple(slice(0, side) for side in LARGE)]
    rows = []
    for number in range(2):
        generator = np.random.default_rng(number)
        masks = {}
        for organ in range(6):
            centre = [generator.uniform(0.3, 0.7) * side for side in LARGE]
            spans = zip(places, centre, LARGE, strict=True)
            distance = sum(((place - at) / (0.22 * side)) ** 2 for place, at, side in spans)
            masks[f"organ {organ}"] = distance + 0.3 * np.sin(places[1] / 7) * np.cos(places[2] / 5) <= 1
        volume = np.zeros(LARGE, dtype=np.uint8)
        for brightness, mask in enumerate(masks.values(), start=1):
            volume[mask] = 35 * brightness
        np.save(folder / "images" / f"{number}.npy", volume)
        texts = [to_text(encode(mask)) for mask in masks.values()]
        rows.append({"image": f"{number}.npy", "class_id": list(masks), "rle_mask": texts})
    pd.DataFrame(rows).to_parquet(folder / "train.parquet")
    zip_folder(folder, folder.with_suffix(".zip"))
    return folder.with_suffix(".zip")


@pytest.mark.figures
def test_a_large_volume_stays_fluid_while_it_is_scrubbed(
    open_page: Callable[..., Any], server: Server, tmp_path: Path
) -> None:
    page = open_page("/datasets/import")
    dataset = import_by_hand(page, server, organs(tmp_path / "organs"))
    page.goto(f"{server.url}/datasets/{dataset['id']}/samples")
    page.locator("[data-sample]").first.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("canvas").first.wait_for()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    for axis in ("depth", "height", "width"):
        works = dialog.get_by_role("slider", name=f"Slice along {axis}").evaluate(SCRUB)
        print(f"{axis}: median {works[len(works) // 2]:.1f} ms, 95th percentile {works[-3]:.1f} ms of script a step")
        assert works[len(works) // 2] < 16

    assert requests == []
    keep(page, "volume-masks-large")
